import Fleet
import Foundation
import Store
import Testing

@Suite("Forgetting what is over") struct RetentionTests {
    private let fixture: Fixture
    private var store: Store { fixture.store }
    private static let day: Int64 = 86_400

    init() async throws {
        fixture = try Fixture()
        _ = try await fixture.store.importInventory(
            Inventory(nodes: [node("pve1"), node("pve2")]), at: at(0), by: "t")
    }

    /// A day in which everything about pve1 is otherwise than the day before.
    private func live(_ day: Int64, padding: Int = 100) async throws {
        let answer = Array("day \(day) ".utf8) + [UInt8](repeating: UInt8(day % 251), count: padding)
        let sweep = try await store.beginSweep(of: 1, at: at(day * Self.day))
        _ = try await store.record([Sighting(of: "pve1", at: at(day * Self.day), answer: answer)], in: sweep)
        let check = CheckResult(.driver, day.isMultiple(of: 2) ? .pass : .fail, "day \(day)")
        let look = NodeRules(NodeCompliance(node: "pve1", checks: [check]), failure: nil, settings: .sha256([1]))
        _ = try await store.record([look], under: "gpu", at: at(day * Self.day), telling: [AlertRoute("ops")])
        for alert in try await store.dueAlerts(at: at(day * Self.day)) {
            try await store.markSent(alert.id, at: at(day * Self.day))
        }
    }

    private func forget(_ retention: Retention, day: Int64) async throws -> RetentionReport {
        try await store.forget(by: retention, at: at(day * Self.day))
    }

    @Test func whatIsOldGoesAndWhatIsSoStays() async throws {
        for day in 1...20 as ClosedRange<Int64> { try await live(day) }
        let report = try await forget(Retention(days: 10, megabytes: 100), day: 20)
        #expect(report.rows > 0 && !report.isTooLarge && report.days == 10)
        let answers = try await store.observations(of: "pve1")
        #expect(answers.map(\.firstSeen) == (10...20).map { at($0 * Self.day) })
        #expect(try sqlite(fixture.path, "SELECT count(*) FROM answer") == "11")
        #expect(
            try await store.standings(of: "pve1").filter { !$0.isCurrent }.allSatisfy {
                $0.lastSeen >= at(10 * Self.day)
            })
        #expect(try await store.alerts().allSatisfy { $0.createdAt >= at(10 * Self.day) })
        #expect(try await store.sweeps(latest: 100).count == 11)
        #expect(try await store.lookDays(since: at(0))["pve1"]?.days.count == 12)
        // Ten years on nothing has ended since, but what was so last still is.
        _ = try await forget(Retention(days: 10, megabytes: 100), day: 4000)
        #expect(try await store.observations(of: "pve1").map(\.firstSeen) == [at(20 * Self.day)])
        #expect(try await store.currentStandings().count == 2)
        #expect(try await store.checkAudit().flaws.isEmpty)
    }

    @Test func aLargeDatabaseForgetsEarlierAndGivesRoomBack() async throws {
        for day in 1...64 as ClosedRange<Int64> { try await live(day, padding: 400_000) }
        let size = try FileManager.default.attributesOfItem(atPath: fixture.path)[.size] as? Int ?? 0
        #expect(size > 20 << 20)
        let report = try await forget(Retention(days: 365, megabytes: 5), day: 64)
        #expect(report.days < 64 && report.usedBytes <= 5 << 20 && !report.isTooLarge, "\(report)")
        try sqlite(fixture.path, "PRAGMA wal_checkpoint(TRUNCATE)")
        let after = try FileManager.default.attributesOfItem(atPath: fixture.path)[.size] as? Int ?? 0
        #expect(after < 8 << 20, "\(after)")
        #expect(try await store.observations(of: "pve1").last?.firstSeen == at(64 * Self.day))
        let tight = try await forget(Retention(days: 365, megabytes: 0), day: 64)
        #expect(tight.isTooLarge && tight.days == 1)
    }

    @Test func alertsThatWaitAreNotForgotten() async throws {
        let item = AlertItem(
            .fails, RuleSubject(node: "pve1", rule: .observed), verdict: "can't be told", message: "gone")
        try await store.tell([AlertRoute("ops")], [item], under: "gpu", at: at(1))
        _ = try await forget(Retention(days: 1, megabytes: 100), day: 100)
        #expect(try await store.alerts().count == 1)
    }
}

extension RetentionTests {
    /// What a roll-out under way compares its nodes with stays, and so does its plan; a plan that nobody carried out goes.
    @Test func whatARollOutNeedsStays() async throws {
        let fixture = try Fixture()
        let store = fixture.store
        _ = try await store.importInventory(Inventory(nodes: [node("pve1"), node("pve2")]), at: at(0), by: "t")
        let answers = (0..<3).map { StoredAnswer(raw: Array("answer \($0)".utf8)) }
        for (second, answer) in answers.enumerated() {
            _ = try await store.record([Sighting(of: "pve1", at: at(Int64(second)), answer: answer)])
        }
        var plan = PlanTests.plan("pve1", "pve2")
        plan.nodes[0].facts = answers[0].digest
        let digest = try await store.save(plan, at: at(3))
        let rollout = Rollout(id: try #require(RolloutID("r1")), of: plan, digest: digest)
        try await store.create(rollout, at: at(4), by: "anna")
        let unused = try await store.save(PlanTests.plan("pve2", text: "other\n"), at: at(3))
        _ = try await store.forget(by: Retention(days: 1, megabytes: 0), at: at(1_000_000))
        #expect(try await store.plan(digest) == plan)
        await expectCode("plan-unknown") { _ = try await store.plan(unused) }
        #expect(try await store.answer(answers[0].digest) != nil)
        #expect(try await store.answer(answers[1].digest) == nil, "nobody needs that")
        #expect(try await store.answer(answers[2].digest) != nil, "it is what is so now")
        #expect(try await store.checkAudit().flaws.isEmpty)
    }
}
