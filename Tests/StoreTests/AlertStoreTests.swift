import Fleet
import Foundation
import Store
import Testing

@Suite("Alerts in the outbox") struct AlertStoreTests {
    private let fixture: Fixture
    private var store: Store { fixture.store }
    private let everyone = AlertRoute("ops")
    private let grave = AlertRoute("pager", minimum: .high, events: [.fails])

    init() async throws {
        fixture = try Fixture()
        _ = try await fixture.store.importInventory(Inventory(nodes: [node("pve1"), node("pve2")]), at: at(1), by: "t")
    }

    private func look(
        _ node: NodeName, driver: CheckResult.Status?, files: CheckResult.Status = .pass, failure: FleetError? = nil
    ) -> NodeRules {
        let driver = driver.map { [CheckResult(.driver, device: "0000:01:00.0", $0, "driver \($0)")] } ?? []
        return NodeRules(
            NodeCompliance(node: node, checks: driver + [CheckResult(.files, files, "files \(files)")]),
            failure: failure, settings: .sha256([1]))
    }

    private func record(_ looks: [NodeRules], at time: Int64) async throws -> [StoredAlert] {
        let before = try await store.alerts().count
        _ = try await store.record(looks, under: "gpu", at: at(time), telling: [everyone, grave])
        return Array(try await store.alerts().dropFirst(before))
    }

    @Test func onlyChangesAreToldAndEachReceiverWhatItWants() async throws {
        #expect(try await record([look("pve1", driver: .pass), look("pve2", driver: .pass)], at: 10).isEmpty)
        let broken = try await record([look("pve1", driver: .fail, files: .fail), look("pve2", driver: .pass)], at: 20)
        #expect(broken.map(\.receiver) == ["ops", "pager"])
        #expect(
            broken.map { $0.alert.items.map(\.subject.rule) } == [
                [.check(.files), .check(.driver)], [.check(.driver)],
            ])
        #expect(broken[0].alert.items.map(\.drift) == [.corrective, .corrective])
        #expect(Set(broken.map(\.uid)).count == 2 && broken[0].uid.count == 32)
        #expect(
            try await record([look("pve1", driver: .fail, files: .fail)], at: 30).isEmpty, "the same again is no news")
        let resolved = try await record([look("pve1", driver: .pass)], at: 40)
        #expect(resolved.map(\.receiver) == ["ops"] && resolved[0].alert.items.map(\.event) == [.resolved, .resolved])
    }

    @Test func aNodeOutOfSightIsToldOnceAndWhenItIsBack() async throws {
        let gone = FleetError("ssh-timed-out", "No answer.")
        _ = try await record([look("pve1", driver: .pass)], at: 10)
        let lost = try await record([look("pve1", driver: nil, failure: gone)], at: 20)
        #expect(lost.first?.alert.items.map(\.event) == [.unobservable])
        let otherwise = FleetError("ssh-refused", "Refused.")
        #expect(try await record([look("pve1", driver: nil, failure: otherwise)], at: 30).isEmpty)
        #expect(try await record([look("pve1", driver: .pass)], at: 40).first?.alert.items.map(\.event) == [.resolved])
    }

    @Test func nobodyIsToldOfWhatSomebodyAnswersForUntilThatEnds() async throws {
        let exemption = Exemption(node: "pve1", rule: .check(.driver), owner: "eve", reason: "loan", expiresAt: at(100))
        _ = try await store.exempt(exemption, at: at(2), by: "eve")
        #expect(try await record([look("pve1", driver: .fail)], at: 10).isEmpty)
        try await store.tellExpiredExemptions([everyone], at: at(99))
        #expect(try await store.alerts().isEmpty)
        for time in [100, 101] as [Int64] { try await store.tellExpiredExemptions([everyone], at: at(time)) }
        let told = try await store.alerts()
        #expect(told.map { $0.alert.items.map(\.event) } == [[.exemptionExpired]])
    }

    @Test func anExemptionThatEndsOverAHoldingRuleIsNoNews() async throws {
        let exemption = Exemption(node: "pve1", owner: "eve", reason: "loan", expiresAt: at(100))
        _ = try await store.exempt(exemption, at: at(2), by: "eve")
        _ = try await record([look("pve1", driver: .pass)], at: 10)
        try await store.tellExpiredExemptions([everyone], at: at(100))
        #expect(try await store.alerts().isEmpty)
    }

    @Test func whatWasNotDeliveredWaitsIsGivenUpAndRetried() async throws {
        _ = try await record([look("pve1", driver: .fail)], at: 10)
        let alert = try #require(try await store.dueAlerts(at: at(10)).first)
        try await store.markFailed(alert.id, FleetError("alert-not-sent", "503"), next: at(20))
        #expect(try await store.dueAlerts(at: at(19)).map(\.receiver) == ["pager"])
        #expect(try await store.nextAlert() == at(10))
        let failed = try #require(try await store.dueAlerts(at: at(20)).first)
        #expect((failed.attempts, failed.uid, failed.error?.code) == (1, alert.uid, "alert-not-sent"))
        try await store.markFailed(alert.id, FleetError("alert-refused", "400"), next: nil)
        #expect(try await store.alerts().first?.state == .givenUp)
        #expect(try await store.retryAlerts([alert.id], at: at(30)) == 1)
        try await store.markSent(alert.id, at: at(31))
        #expect(try await store.alerts().first?.state == .sent(at(31)))
        await expectCode("alert-sent") { _ = try await store.retryAlerts([alert.id], at: at(32)) }
        await expectCode("alert-unknown") { _ = try await store.retryAlerts([99], at: at(32)) }
    }

    @Test func aWholeFleetThatBreaksIsOneMessage() async throws {
        let names = try (1...300).map { try #require(NodeName("n\($0)")) }
        _ = try await store.importInventory(Inventory(nodes: names.map { node($0) }), at: at(3), by: "t")
        let alerts = try await record(names.map { look($0, driver: .fail) }, at: 10)
        #expect(alerts.map(\.receiver) == ["ops", "pager"])
        #expect(alerts[0].alert.items.count == Alert.most && alerts[0].alert.leftOut == 300 - Alert.most)
    }

    @Test func backOffGrowsAndEnds() {
        let begun = at(0)
        let steps = (1...12).map { AlertBackoff.next(after: $0, at: at(100), createdAt: begun)?.milliseconds ?? 0 }
        #expect(steps.map { ($0 - 100_000) / 1000 } == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600])
        #expect(AlertBackoff.next(after: 500, at: at(3 * 86_400), createdAt: begun) == nil)
    }
}
