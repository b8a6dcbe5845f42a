import Fleet
import Foundation
import Store
import Testing

@Suite("The audit log")
struct AuditTests {
    /// Some lines, a plan, and a roll-out with these events.
    private func someHistory(_ events: [RolloutEvent.Kind] = [.start, .suspend, .abort]) async throws -> Fixture {
        let fixture = try Fixture()
        let store = fixture.store
        _ = try await store.importInventory(Inventory(nodes: [node("pve1"), node("pve2")]), at: at(0), by: "anna")
        let plan = PlanTests.plan("pve1", "pve2")
        var rollout = Rollout(
            id: try #require(RolloutID("r1")), of: plan, digest: try await store.save(plan, at: at(1)))
        try await store.create(rollout, at: at(2), by: "anna")
        let lease = try await store.acquireLease(Lease.name(for: rollout.id), for: "anna", seconds: 30, at: at(2))
        try await store.note("host-key-record", subject: "pve1", detail: ["host": "192.0.2.1"], at: at(3), by: "ben")
        for (index, kind) in events.enumerated() {
            let event = RolloutEvent(at: at(Int64(index) + 3), kind)
            guard case .accepted = rollout.handle(event) else { continue }
            try await store.append(event, number: index + 1, after: rollout, under: lease)
        }
        return fixture
    }

    @Test func everyLineIsBoundToThoseBeforeIt() async throws {
        let fixture = try await someHistory()
        let log = try await fixture.store.auditLog()
        #expect(log.map(\.action) == ["inventory-import", "rollout-create", "lease-take", "host-key-record"])
        #expect(log.map(\.number) == [1, 2, 3, 4])
        #expect(Set(log.map(\.digest)).count == 4)
        #expect(try await fixture.store.auditLog(latest: 2).map(\.number) == [3, 4])
        let report = try await fixture.store.checkAudit(noted: [log[1].digest])
        #expect(report.flaws.isEmpty)
        #expect(report.lines == 4 && report.events == 3 && report.plans == 1)
        #expect(report.head == log.last?.digest)
    }

    @Test func theEndOfARollOutIsWrittenDownWithItsJournal() async throws {
        let fixture = try await someHistory([.abort])
        let end = try #require(try await fixture.store.auditLog().last)
        #expect(end.action == "rollout-end" && end.subject == "r1" && end.actor == "anna")
        #expect(end.detail.contains(#""held":2"#) && end.detail.contains(#""phase":"aborted""#))
        let drop = "DROP TRIGGER rollout_event_kept; UPDATE rollout_event SET digest = zeroblob(32)"
        #expect(try sqlite(fixture.path, drop) == "")
        let flaws = try await fixture.store.checkAudit().flaws
        #expect(flaws.contains { $0.message.contains("as the audit log says") }, "\(flaws)")
    }

    /// As somebody with the file and the sqlite3 program would do it.
    @Test(arguments: [
        ("audit", "UPDATE audit SET actor = 'ben' WHERE id = 2", "line 2 of the audit log"),
        ("audit", "DELETE FROM audit WHERE id = 2", "line 3 of the audit log"),
        ("rollout_event", "UPDATE rollout_event SET event = '{}' WHERE number = 2", "event 2 of the roll-out r1"),
        ("rollout_event", "DELETE FROM rollout_event WHERE number = 3", "the roll-out r1"),
        ("plan_node", "UPDATE plan_node SET entry = '{}' WHERE position = 1", "plan "),
    ])
    func whatWasRewrittenIsFound(table: String, change: String, place: String) async throws {
        let fixture = try await someHistory()
        let triggers = try sqlite(
            fixture.path, "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = '\(table)'")
        let drops = triggers.split(separator: "\n").map { "DROP TRIGGER \($0);" }.joined()
        #expect(try sqlite(fixture.path, drops + change) == "")
        let flaws = try await fixture.store.checkAudit().flaws
        #expect(flaws.contains { $0.place.hasPrefix(place) }, "\(flaws)")
    }

    /// States are kept beside the journal, and have to follow from it; of one that has ended the audit log tells.
    @Test(arguments: [[RolloutEvent.Kind.start], [.start, .suspend, .abort], [.abort]])
    func whatIsKeptBesideTheJournalFollowsFromIt(events: [RolloutEvent.Kind]) async throws {
        let node = "UPDATE rollout_node SET state = replace(state, "
        for (change, word) in [
            (node + #"'"attempt":', '"attempt":1') WHERE position = 0"#, "kept"),
            (node + #"'"held"', '"skipped"') WHERE position = 1"#, "kept"),
            (#"UPDATE rollout SET header = replace(header, '"canaries":1', '"canaries":2')"#, ""),
            ("UPDATE rollout SET created_by = 'eve'", "the audit log names anna"),
        ] {
            let all = "SELECT state FROM rollout_node; SELECT header, created_by FROM rollout"
            let fixture = try await someHistory(events)
            #expect(try await fixture.store.checkAudit().flaws.isEmpty)
            let before = try sqlite(fixture.path, all)
            #expect(try sqlite(fixture.path, change) == "")
            let after = try sqlite(fixture.path, all)
            let flaws = try await fixture.store.checkAudit().flaws
            let isTold = flaws.contains { word.isEmpty || $0.message.contains(word) }
            #expect(isTold == (before != after), "\(change): \(flaws)")
        }
    }

    @Test func whatWasCutOffIsMissedByWhoNotedTheDigest() async throws {
        let fixture = try await someHistory()
        let head = try #require(try await fixture.store.checkAudit().head)
        #expect(try sqlite(fixture.path, "DROP TRIGGER audit_stays; DELETE FROM audit WHERE id = 4") == "")
        #expect(try await fixture.store.checkAudit().flaws.isEmpty, "a shorter chain is a chain")
        let flaws = try await fixture.store.checkAudit(noted: [head]).flaws
        #expect(flaws.count == 1 && flaws.first?.message.contains("\(head)") == true)
    }

    @Test func sqliteItselfKeepsTheOrder() async throws {
        let fixture = try await someHistory()
        let zeros = "x'" + String(repeating: "00", count: 32) + "'"
        let insert = "INSERT INTO audit VALUES (9, 1, 'x', 'y', 'z', '{}', \(zeros))"
        #expect(try sqlite(fixture.path, insert).contains("no gaps"))
        #expect(try sqlite(fixture.path, "DELETE FROM audit").contains("only appended to"))
    }

    /// A file as the version before wrote it: nothing is lost, and everything is bound from then on.
    @Test func aDatabaseFromBeforeTheChainIsTakenOver() async throws {
        let fixture = try Fixture()
        let path = fixture.directory.appending(path: "old.db").path
        let dump = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Schemas/2.sql")
        #expect(try sqlite(path, ".read \(dump.path)") == "")
        let store = try Store.open(path: path)
        defer { try? store.close() }
        #expect(try await store.auditLog().map(\.action) == ["inventory-import", "rollout-create", "lease-take"])
        let id = try #require(RolloutID("r1"))
        #expect(try await store.journal(of: id).map(\.event.kind) == [.start, .suspend])
        let report = try await store.checkAudit()
        #expect(report.flaws.isEmpty && report.lines == 3 && report.events == 2, "\(report)")
        #expect(try await store.rollout(id).rollout.phase == .draining)
    }
}
