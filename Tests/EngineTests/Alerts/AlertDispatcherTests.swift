import Engine
import Fleet
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@Suite("Sending what waits in the outbox") struct AlertDispatcherTests {
    private static let receivers = [
        AlertReceiver(route: AlertRoute("ops"), channel: .command(["/bin/true"], timeoutSeconds: 1))
    ]

    private func outbox(_ disk: SmallDisk? = nil) async throws -> (Store, TemporaryFolder) {
        let folder = try TemporaryFolder()
        let store = try Store.open(path: (disk?.path ?? folder.path) + "/fleet.db")
        guard let name = NodeName("pve1") else { preconditionFailure() }
        let item = AlertItem(
            .fails, RuleSubject(node: name, rule: .check(.driver)), verdict: "does not hold", message: "nouveau")
        try await store.tell([AlertRoute("ops")], [item], under: "gpu", at: SystemTime().now())
        return (store, folder)
    }

    @Test func anAlertIsTriedUntilItIsTakenUnderOneID() async throws {
        let (store, folder) = try await outbox()
        defer { withExtendedLifetime(folder) {} }
        let sender = ScriptedSender(failures: 1)
        let dispatcher = AlertDispatcher(store: store, sender: sender) { Self.receivers }
        try await dispatcher.round()
        let failed = try #require(try await store.alerts().first)
        guard case .waiting(let until) = failed.state else {
            Issue.record("it does not wait: \(failed.state)")
            return
        }
        #expect(failed.attempts == 1 && until > failed.createdAt.adding(seconds: 9))
        try await dispatcher.round()
        #expect(sender.sent.count == 1, "it is not due yet")
        _ = try await store.retryAlerts(at: SystemTime().now())
        // Another process: what was not taken waits for it, too.
        try await AlertDispatcher(store: store, sender: sender) { Self.receivers }.round()
        #expect(sender.sent == [failed.uid, failed.uid])
        guard case .sent = try await store.alerts().first?.state else {
            Issue.record("it was not marked as sent")
            return
        }
        try await dispatcher.round()
        #expect(sender.sent.count == 2)
    }

    @Test func whatIsRefusedIsGivenUp() async throws {
        let (store, folder) = try await outbox()
        defer { withExtendedLifetime(folder) {} }
        let sender = ScriptedSender(failures: 1, code: "alert-refused")
        try await AlertDispatcher(store: store, sender: sender) { Self.receivers }.round()
        #expect(try await store.alerts().first?.state == .givenUp)
    }

    @Test func anAlertWhoseReceiverIsGoneWaitsForIt() async throws {
        let (store, folder) = try await outbox()
        defer { withExtendedLifetime(folder) {} }
        let sender = ScriptedSender(failures: 0)
        try await AlertDispatcher(store: store, sender: sender) { [] }.round()
        #expect(try await store.alerts().first?.error?.code == "alert-receiver-unknown")
        #expect(sender.sent.isEmpty)
    }

    /// Needs root for a file system of its own.
    @Test(.enabled(if: getuid() == 0, "a small file system needs root"))
    func aFullDiskSendsNothingTwice() async throws {
        let disk = try SmallDisk(kilobytes: 2048)
        let (store, folder) = try await outbox(disk)
        defer { withExtendedLifetime(folder) {} }
        let sender = ScriptedSender(failures: 0)
        let dispatcher = AlertDispatcher(store: store, sender: sender) { Self.receivers }
        try disk.fill()
        for _ in 0..<2 {
            let error = await #expect(throws: FleetError.self) { try await dispatcher.round() }
            #expect(error?.code == "store-disk-full")
        }
        try disk.makeRoom()
        try await dispatcher.round()
        #expect(sender.sent.count == 1)
        guard case .sent = try await store.alerts().first?.state else {
            Issue.record("it was not marked as sent")
            return
        }
        try store.close()
    }
}

/// Fails so many times, then takes everything.
private final class ScriptedSender: AlertSender {
    private let state: Mutex<(failures: Int, sent: [String])>
    private let code: FleetError.Code

    init(failures: Int, code: FleetError.Code = "alert-not-sent") {
        state = Mutex((failures, []))
        self.code = code
    }

    /// Ids of all attempts.
    var sent: [String] { state.withLock { $0.sent } }

    func send(_ alert: StoredAlert, to receiver: AlertReceiver) async throws(FleetError) {
        let fails = state.withLock { state in
            state.sent.append(alert.uid)
            state.failures -= 1
            return state.failures >= 0
        }
        if fails { throw FleetError(code, "Not now.") }
    }
}
