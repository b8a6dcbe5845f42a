import Fleet
import Foundation
import Store
import Testing

@Suite("Compliance over time") struct ComplianceStoreTests {
    private let fixture: Fixture
    private var store: Store { fixture.store }
    private let asked = ContentDigest.sha256(Array("asked".utf8))
    private let askedLater = ContentDigest.sha256(Array("asked later".utf8))

    init() async throws {
        fixture = try Fixture()
        _ = try await fixture.store.importInventory(
            Inventory(nodes: [node("pve1"), node("pve2")]), at: at(0), by: "test")
    }

    private func look(
        _ name: NodeName = "pve1", _ status: CheckResult.Status = .pass, _ message: String = "It is as asked.",
        asking settings: ContentDigest? = nil, failure: FleetError? = nil
    ) -> NodeRules {
        let check = CheckResult(
            .driver, device: "0000:01:00.0", status, message, evidence: [Evidence(command: "lspci", output: message)])
        let compliance = NodeCompliance(node: name, checks: failure == nil ? [check] : [])
        return NodeRules(compliance, failure: failure, settings: settings ?? asked)
    }

    private func record(_ look: NodeRules, _ seconds: Int64) async throws -> [RuleChange] {
        try await store.record([look], under: "gpu", at: at(seconds)).filter { $0.subject.rule == .check(.driver) }
    }

    private func current() async throws -> [RuleStanding] {
        try await store.currentStandings(under: "gpu").filter { $0.subject.rule == .check(.driver) }
    }

    @Test func anUnchangedLookOnlyMovesTheLastSight() async throws {
        let first = try await record(look(), 10)
        #expect(first.map(\.before) == [nil])
        #expect(first.filter(\.isNews).isEmpty)
        let rows = try sqlite(fixture.path, "SELECT count(*), sum(id) FROM rule_standing")
        #expect(try await record(look(), 70).isEmpty)
        #expect(try sqlite(fixture.path, "SELECT count(*), sum(id) FROM rule_standing") == rows)
        let standing = try #require(try await current().first)
        #expect(standing.firstSeen == at(10))
        #expect(standing.lastSeen == at(70))
        #expect(standing.state.evidence == [Evidence(command: "lspci", output: "It is as asked.")])
    }

    @Test func theDaysOnWhichANodeWasLookedAtAreKept() async throws {
        let day: Int64 = 86_400
        let refused = FleetError("connect-refused", "It was refused.")
        for (name, failure, time) in [
            ("pve1", nil, day + 10), ("pve1", refused, day + 20), ("pve1", refused, 3 * day),
            ("pve1", nil, 3 * day + 5),
            ("pve1", nil, 5 * day - 1), ("pve2", refused, 2 * day),
        ] as [(NodeName, FleetError?, Int64)] {
            _ = try await record(look(name, failure: failure), time)
        }
        let days = try await store.lookDays(since: at(0))
        #expect(days["pve1"]?.days == [at(day): true, at(3 * day): true, at(4 * day): true])
        #expect(days["pve1"]?.first == at(day))
        #expect(days["pve2"]?.days == [at(2 * day): false])
        #expect(days["pve2"]?.first == nil)
        let later = try await store.lookDays(since: at(3 * day + 7))
        #expect(later["pve1"]?.days.keys.sorted() == [at(3 * day), at(4 * day)])
        #expect(later["pve2"] == nil)
    }

    @Test func whoeverChangedTheNodeIsToldFromWhoeverChangedThePlaybook() async throws {
        _ = try await record(look(), 10)
        let byHand = try await record(look("pve1", .fail, "It is on nouveau."), 20)
        #expect(byHand.map(\.drift) == [.corrective])
        #expect(byHand.first?.before?.status == .pass)
        let mended = try await record(look(), 30)
        #expect(mended.map(\.drift) == [nil])
        #expect(mended.filter(\.isNews).count == 1)
        let byPlaybook = try await record(look("pve1", .fail, "It is on nouveau.", asking: askedLater), 40)
        #expect(byPlaybook.map(\.drift) == [.intentional])
    }

    @Test func aLookThatAsksOtherwiseIsWhatTheNextOneIsHeldAgainst() async throws {
        _ = try await record(look(), 10)
        _ = try await record(look(asking: askedLater), 20)
        let change = try await record(look("pve1", .fail, "It is on nouveau.", asking: askedLater), 30)
        #expect(change.map(\.drift) == [.corrective])
    }

    @Test func historyKeepsEachStretchWithItsEnds() async throws {
        _ = try await record(look(), 10)
        _ = try await record(look("pve1", .fail, "It is on nouveau."), 20)
        _ = try await record(look("pve1", .fail, "It is on nouveau."), 30)
        _ = try await record(look(), 40)
        let history = try await store.standings(of: "pve1").filter { $0.subject.rule == .check(.driver) }
        #expect(history.map(\.state.status) == [.pass, .fail, .pass])
        #expect(history.map(\.firstSeen) == [at(10), at(20), at(40)])
        #expect(history.map(\.lastSeen) == [at(20), at(40), at(40)])
        #expect(history.map(\.isCurrent) == [false, false, true])
    }

    @Test func sinceIsSinceItHasItsStatus() async throws {
        for (status, message, seconds) in [
            (.pass, "It is as asked.", 10), (.pass, "It is as asked by now.", 20), (.fail, "It is on nouveau.", 30),
            (.fail, "It is on nvidia.", 40), (.fail, "It has no driver.", 50), (.unknown, "Nobody can tell.", 60),
            (.fail, "It has no driver.", 70),
        ] as [(CheckResult.Status, String, Int64)] {
            _ = try await record(look("pve1", status, message), seconds)
        }
        let history = try await store.standings(of: "pve1").filter { $0.subject.rule == .check(.driver) }
        #expect(history.map(\.firstSeen) == [10, 20, 30, 40, 50, 60, 70].map(at))
        #expect(history.map(\.statusSince) == [10, 10, 30, 30, 30, 60, 70].map(at))
        // A rule that was not asked for a while begins anew.
        let other = NodeRules(NodeCompliance(node: "pve1", checks: []), failure: nil, settings: asked)
        _ = try await store.record([other], under: "gpu", at: at(80))
        _ = try await record(look("pve1", .fail, "It has no driver."), 90)
        #expect(try await current().map(\.statusSince) == [at(90)])
    }

    @Test func aNodeThatCannotBeLookedAtKeepsItsStandings() async throws {
        _ = try await record(look(), 10)
        let failure = FleetError("connection-refused", "pve1 refused the connection.")
        let changes = try await store.record([look(failure: failure)], under: "gpu", at: at(20))
        #expect(changes.map(\.subject.rule) == [.observed])
        #expect(changes.first?.after?.message == "pve1 refused the connection. [connection-refused]")
        let standing = try #require(try await current().first)
        #expect(standing.state.status == .pass)
        #expect(standing.lastSeen == at(10))
        let observed = try await store.currentStandings().first { $0.subject.rule == .observed }
        #expect(observed?.lastSeen == at(20))
        #expect(try await store.record([look()], under: "gpu", at: at(30)).map(\.isNews) == [true])
    }

    @Test func whatIsAskedNoLongerEnds() async throws {
        _ = try await record(look(), 10)
        let none = NodeRules(NodeCompliance(node: "pve1", checks: []), failure: nil, settings: asked)
        let changes = try await record(none, 20)
        #expect(changes.map(\.after) == [nil])
        #expect(changes.filter(\.isNews).isEmpty)
        #expect(try await current().isEmpty)
    }

    @Test func aClockThatIsSetBackMakesNoImpossibleRow() async throws {
        _ = try await record(look(), 100)
        _ = try await record(look("pve1", .fail, "It is on nouveau."), 50)
        let history = try await store.standings(of: "pve1")
        #expect(history.filter { $0.lastSeen < $0.firstSeen }.isEmpty)
    }

    @Test func playbooksAndNodesStandForThemselves() async throws {
        _ = try await store.record([look(), look("pve2", .fail, "No.")], under: "gpu", at: at(10))
        _ = try await store.record([look("pve1", .unknown, "Who knows.")], under: "nic", at: at(10))
        let all = try await store.currentStandings().filter { $0.subject.rule == .check(.driver) }
        #expect(all.map(\.playbook) == ["gpu", "nic", "gpu"])
        #expect(all.map(\.subject.node) == ["pve1", "pve1", "pve2"])
        #expect(try await current().map(\.state.status) == [.pass, .fail])
        let error = await #expect(throws: FleetError.self) {
            try await self.store.record([look(), look("pve9")], under: "new", at: at(20))
        }
        #expect(error?.code == "node-unknown")
        #expect(try await store.currentStandings(under: "new").isEmpty)
    }

    @Test func anExemptionCountsUntilItExpiresOrIsWithdrawn() async throws {
        let exemption = Exemption(
            node: "pve1", rule: .check(.driver), owner: "alice", reason: "card on loan", expiresAt: at(100))
        let id = try await store.exempt(exemption, at: at(10), by: "alice")
        let subject = RuleSubject(node: "pve1", rule: .check(.driver), device: "0000:01:00.0")
        let stored = try #require(try await store.exemptions(countingAt: at(50)).first)
        #expect(stored.covers(subject, at: at(99)))
        #expect(!stored.covers(subject, at: at(100)))
        #expect(!stored.covers(RuleSubject(node: "pve2", rule: .check(.driver)), at: at(50)))
        #expect(!stored.covers(RuleSubject(node: "pve1", rule: .check(.files)), at: at(50)))
        try await store.withdraw(id, at: at(60), by: "bob")
        #expect(try await store.exemptions(countingAt: at(61)).isEmpty)
        #expect(try await store.exemptions().map(\.withdrawnAt) == [at(60)])
        #expect(try await store.auditLog().suffix(2).map(\.action) == ["exemption-grant", "exemption-withdraw"])
        let late = await #expect(throws: FleetError.self) {
            try await self.store.exempt(exemption, at: at(100), by: "alice")
        }
        #expect(late?.code == "exemption-expired")
        let unexplained = await #expect(throws: FleetError.self) {
            let blank = Exemption(node: "pve1", owner: "alice", reason: " ", expiresAt: at(200))
            return try await self.store.exempt(blank, at: at(100), by: "alice")
        }
        #expect(unexplained?.code == "exemption-unexplained")
        let unknown = await #expect(throws: FleetError.self) {
            try await self.store.withdraw(Exemption.ID(rawValue: 99), at: at(1), by: "bob")
        }
        #expect(unknown?.code == "exemption-unknown")
    }

    @Test func schedulesRememberTheirLastRun() async throws {
        let nightly = Schedule(
            name: try #require(ScheduleName("nightly")), cron: try CronExpression(parsing: "0 3 * * *"),
            playbook: "gpu.yaml")
        try await store.setSchedules([nightly], at: at(10))
        try await store.beginRun(of: nightly.name, at: at(20))
        #expect(try await store.schedules().map(\.isUnfinished) == [true])
        let outcome = ScheduleOutcome(compliant: 3, changes: 1)
        try await store.endRun(of: nightly.name, outcome, at: at(25))
        // The same again is nothing new.
        try await store.setSchedules([nightly], at: at(30))
        let kept = try #require(try await store.schedules().first)
        #expect((kept.anchor, kept.outcome, kept.isUnfinished) == (at(20), outcome, false))
        var hourly = nightly
        hourly.cron = try CronExpression(parsing: "@hourly")
        try await store.setSchedules([hourly], at: at(40))
        #expect(try await store.schedules().map(\.anchor) == [at(40)])
        try await store.setSchedules([], at: at(50))
        #expect(try await store.schedules().isEmpty)
        try await store.setSchedules([hourly], at: at(60))
        #expect(try await store.schedules().map(\.schedule) == [hourly])
    }
}
