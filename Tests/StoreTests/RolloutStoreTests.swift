import Fleet
import Foundation
import Store
import Testing

@Suite("Roll-outs in the store")
struct RolloutStoreTests {
    /// A fleet of two, a plan for it, and a roll-out of that plan.
    private struct Setup {
        let fixture: Fixture
        var store: Store { fixture.store }
        var rollout: Rollout
        let lease: Lease

        init(_ id: String = "r1") async throws {
            fixture = try Fixture()
            let store = fixture.store
            _ = try await store.importInventory(Inventory(nodes: [node("pve1"), node("pve2")]), at: at(0), by: "test")
            let plan = PlanTests.plan("pve1", "pve2")
            let digest = try await store.save(plan, at: at(1))
            rollout = Rollout(id: try #require(RolloutID(id)), of: plan, digest: digest)
            try await store.create(rollout, at: at(2), by: "anna")
            lease = try await store.acquireLease(
                Lease.name(for: rollout.id), for: "anna pid 1", seconds: 30, at: at(2))
        }

        mutating func append(_ kind: RolloutEvent.Kind, number: Int, obeying order: Int? = nil) async throws {
            let event = RolloutEvent(at: at(Int64(number)), kind, order: order)
            guard case .accepted = rollout.handle(event) else { return }
            try await store.append(event, number: number, after: rollout, under: lease)
        }
    }

    @Test func eventAndStateAreKeptTogether() async throws {
        var setup = try await Setup()
        try await setup.append(.start, number: 1)
        let lock = EffectID(rollout: setup.rollout.id, node: "pve1", step: "lock", attempt: 1)
        try await setup.append(.finished(lock, .done), number: 2)
        let stored = try await setup.store.rollout(setup.rollout.id)
        #expect(stored.rollout == setup.rollout)
        #expect(stored.lastEvent == 2 && stored.createdBy == "anna" && stored.createdAt == at(2))
        let journal = try await setup.store.journal(of: setup.rollout.id)
        #expect(journal.map(\.number) == [1, 2])
        #expect(journal.map(\.event.kind) == [.start, .finished(lock, .done)])
        #expect(journal.allSatisfy { $0.fencing == setup.lease.number })
        #expect(try await setup.store.rollouts().map(\.rollout.id) == [setup.rollout.id])
        #expect(try await setup.store.rollouts(of: "pve2").count == 1)
    }

    @Test func anEventOutOfOrderLeavesTheStateAlone() async throws {
        var setup = try await Setup()
        try await setup.append(.start, number: 1)
        let before = try await setup.store.rollout(setup.rollout.id)
        for number in [1, 3] {
            await expectCode("rollout-journal-conflict") {
                var copy = setup.rollout
                let event = RolloutEvent(at: at(9), .suspend)
                _ = copy.handle(event)
                try await setup.store.append(event, number: number, after: copy, under: setup.lease)
            }
        }
        #expect(try await setup.store.rollout(setup.rollout.id) == before)
    }

    @Test func whoLostTheLeaseCanWriteNothing() async throws {
        var setup = try await Setup()
        try await setup.append(.start, number: 1)
        let name = setup.lease.name
        await expectCode("lease-held") {
            _ = try await setup.store.acquireLease(name, for: "ben", seconds: 30, at: at(31))
        }
        let renewed = try await setup.store.renew(setup.lease, seconds: 30, at: at(20))
        #expect(renewed.expiresAt == at(50) && renewed.number == setup.lease.number)
        let other = try await setup.store.acquireLease(name, for: "ben", seconds: 30, at: at(51))
        #expect(other.number > setup.lease.number)
        await expectCode("lease-lost") { try await setup.append(.suspend, number: 2) }
        await expectCode("lease-lost") { _ = try await setup.store.renew(setup.lease, seconds: 30, at: at(52)) }
        #expect(try await setup.store.journal(of: setup.rollout.id).count == 1)
        try await setup.store.release(setup.lease)
        #expect(try await setup.store.lease(name) == other, "an old lease releases nothing")
        try await setup.store.release(other)
        let third = try await setup.store.acquireLease(name, for: "anna", seconds: 30, at: at(53))
        #expect(third.number > other.number, "numbers grow after a release too")
    }

    @Test func aNodeIsInOneOpenRolloutOnly() async throws {
        let setup = try await Setup()
        let plan = PlanTests.plan("pve2", text: "other\n")
        let digest = try await setup.store.save(plan, at: at(3))
        let second = Rollout(id: try #require(RolloutID("r2")), of: plan, digest: digest)
        await expectCode("rollout-overlaps") { try await setup.store.create(second, at: at(3), by: "ben") }
        await expectCode("rollout-exists") { try await setup.store.create(setup.rollout, at: at(3), by: "ben") }
        var ended = setup
        try await ended.append(.abort, number: 1)
        try await setup.store.create(second, at: at(4), by: "ben")
    }

    @Test func anOrderIsOpenUntilItsEventIsKept() async throws {
        var setup = try await Setup()
        let (store, id) = (setup.store, setup.rollout.id)
        #expect(try await store.openOrders(of: id).isEmpty)
        try await store.give(.skip("pve2"), to: id, at: at(4), by: "ben")
        try await store.give(.suspend, to: id, at: at(5), by: "ben")
        let open = try await store.openOrders(of: id)
        #expect(open.map(\.order) == [.skip("pve2"), .suspend])
        // What begins a node has heard all of them.
        await expectCode("rollout-uninformed") { [setup] in
            var early = setup
            try await early.append(.start, number: 1)
        }
        try await setup.append(.skip("pve2"), number: 1, obeying: open[0].number)
        #expect(try await store.openOrders(of: id) == [open[1]])
        try await setup.append(.refused(.suspend, "not begun"), number: 2, obeying: open[1].number)
        #expect(try await store.openOrders(of: id).isEmpty)
        #expect(try await store.journal(of: id).map(\.event.order) == open.map(\.number))
        #expect(try await store.auditLog().filter { $0.action == "rollout-order" }.map(\.actor) == ["ben", "ben"])
        try await setup.append(.abort, number: 3)
        await expectCode("rollout-ended") { try await store.give(.suspend, to: id, at: at(8), by: "ben") }
    }

    @Test func anOrderThatCanNotBeObeyedIsRefusedAtOnce() async throws {
        var setup = try await Setup()
        let (store, id) = (setup.store, setup.rollout.id)
        await expectCode("order-refused") { try await store.give(.retry("pve1"), to: id, at: at(3), by: "ben") }
        try await store.give(.skip("pve2"), to: id, at: at(3), by: "ben")
        await expectCode("order-refused") { try await store.give(.skip("pve2"), to: id, at: at(4), by: "ben") }
        try await store.give(.retry("pve2"), to: id, at: at(5), by: "ben")
        // The roll-out ends by the first one, and the others are not lost without a word.
        let open = try await store.openOrders(of: id)
        try await setup.append(.abort, number: 1, obeying: open[0].number)
        #expect(try await store.openOrders(of: id).isEmpty)
        #expect(try await store.auditLog().filter { $0.action == "rollout-order-refused" }.count == 1)
    }

    @Test func theJournalCannotBeRewritten() async throws {
        var setup = try await Setup()
        try await setup.append(.start, number: 1)
        let path = setup.fixture.path
        #expect(try sqlite(path, "UPDATE rollout_event SET at = 0").contains("only appended to"))
        #expect(try sqlite(path, "DELETE FROM rollout_event").contains("only appended to"))
        #expect(try sqlite(path, "DELETE FROM audit").contains("only appended to"))
        #expect(
            try sqlite(
                path, "INSERT INTO rollout_event SELECT rollout, 3, at, fencing, event, digest FROM rollout_event"
            )
            .contains("no gaps"))
    }

    @Test func aStateThatBreaksItsRulesIsRefused() async throws {
        var setup = try await Setup()
        try await setup.append(.start, number: 1)
        try sqlite(
            setup.fixture.path,
            #"UPDATE rollout_node SET state = json_set(state, '$.state', json('{"ended":{"_0":{"held":{}}}}'))"#)
        await expectCode("store-unreadable-row") { _ = try await setup.store.rollout(setup.rollout.id) }
    }

    @Test func aWriterKilledInItsTransactionLeavesNothingBehind() async throws {
        let setup = try await Setup()
        let writer = Process()
        let input = Pipe()
        let output = Pipe()
        writer.executableURL = URL(filePath: "/usr/bin/sqlite3")
        writer.arguments = [setup.fixture.path]
        writer.standardInput = input
        writer.standardOutput = output
        try writer.run()
        let half = """
            BEGIN IMMEDIATE;
            UPDATE rollout SET last_event = 1;
            INSERT INTO rollout_event VALUES ('r1', 1, 0, 1, '{}');
            SELECT 'half';

            """
        try input.fileHandleForWriting.write(contentsOf: Data(half.utf8))
        #expect(try output.fileHandleForReading.read(upToCount: 4) == Data("half".utf8))
        kill(writer.processIdentifier, SIGKILL)
        writer.waitUntilExit()
        #expect(try await setup.store.journal(of: setup.rollout.id).isEmpty)
        var next = setup
        try await next.append(.start, number: 1)
        #expect(try await setup.store.rollout(setup.rollout.id).lastEvent == 1)
    }
}
