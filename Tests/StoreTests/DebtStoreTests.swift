import Fleet
import Foundation
import Store
import Testing

@Suite("What roll-outs owe, in the store")
struct DebtStoreTests {
    /// Roll-outs that had ended before there was a table for it.
    @Test func whatEarlierVersionsLeftIsKnown() async throws {
        let fixture = try Fixture()
        let path = try MigrationTests.database(of: 8, in: fixture)
        let stay = GuestStay(kind: .qemu, vm: try #require(VMID("100")))
        let stays = String(decoding: try JSONEncoder().encode([stay]), as: UTF8.self)
        try sqlite(
            path,
            """
            UPDATE rollout SET is_finished = 1;
            UPDATE rollout_node SET state = json_set(state, '$.stays', json('\(stays)'),
                '$.state', json('{"ended":{"_0":{"held":{}}}}')) WHERE position = 0;
            """)
        let store = try Store.open(path: path)
        #expect(try await store.debts().map(\.node) == ["pve1"])
        #expect(try await store.debts().first?.rollout.description == "r1")
        #expect(try await store.debts().first?.stays == [stay])
        try store.close()
    }
}
