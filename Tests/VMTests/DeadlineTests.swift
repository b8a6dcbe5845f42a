import Engine
import Fleet
import Foundation
import TestSupport
import Testing

/// The real guard, started by a real systemd and counting by a real kernel's uptime: a confirmation sent around its
/// deadline is kept or goes back, never both, and the answer to it says which.
@Suite("A confirmation around the deadline on a VM node", .vmNodes, .timeLimit(.minutes(30)))
struct DeadlineTests {
    private static let path = "/etc/modprobe.d/edge.conf"

    @Test func isKeptOrGoesBack() async throws {
        let controller = try Controller()
        let node = try await VMNode.start("vm-deadline", .intel, image: try await VMImage.folder())
        defer { node.stop() }
        for arguments in [["inventory", "import", try controller.inventory(node.endpoint)], ["trust", "--yes"]] {
            let result = try await controller.vfiofleet(arguments)
            try #require(result.status == 0, "\(result.transcript)")
        }
        // How long a boot takes here, before anybody can log in.
        let within = max(45, 2 * Int(try await uptime(node)) + 15)
        var before: [UInt8]?
        for (number, seconds) in [-1, 0, 1].enumerated() {
            let after = Array("# \(seconds) s\n".utf8)
            let change = FileChange(path: Self.path, before: before, after: after)
            let isKept = try await tryEdge(seconds, number + 1, change, within: within, node, controller)
            if isKept { before = after }
        }
    }

    private func tryEdge(
        _ seconds: Int, _ number: Int, _ change: FileChange, within: Int, _ node: VMNode, _ controller: Controller
    ) async throws -> Bool {
        let token = FencingToken(number: UInt64(number), rollout: try #require(RolloutID("edge-\(number)")))
        var operations = try await controller.operations(on: node.endpoint)
        try await operations.lock(token)
        try await operations.arm(withinSeconds: within, rebuilding: [], token)
        try await operations.write([change], token)
        let first = try #require(try await boot(node))
        try await operations.reboot(from: first, token)
        let second = try await boot(node, after: first)
        operations = try await controller.operations(on: node.endpoint)
        let wait = Double(within + seconds) - (try await uptime(node))
        try #require(wait > 0, "the boot took too long for a deadline of \(within) s")
        try await Task.sleep(for: .seconds(wait))

        var refusal: FleetError?
        do throws(NodeFailure) { try await operations.confirm(second, token) } catch { refusal = error.error }
        // Long enough for a guard that has not heard of it.
        try await Task.sleep(for: .seconds(5))
        let last = refusal == nil ? try await boot(node) : try await boot(node, after: second)
        operations = try await controller.operations(on: node.endpoint)
        let report = try await operations.guardReport()
        let said = refusal.map { "\($0.code)" } ?? "confirmed"
        print("vm-deadline: \(seconds) s: \(said); \(report.record.map { "\($0.word) at \($0.uptime) s" })")
        #expect(refusal == nil || refusal?.code == "confirmed-too-late", "\(said)")
        #expect(report.phase == (refusal == nil ? .confirmed : .reverted))
        #expect((last == second) == (refusal == nil))
        let words = Set(report.record.map(\.word))
        #expect(words.contains("confirmed") == (refusal == nil) && words.contains("reverting") == (refusal != nil))
        let content = refusal == nil ? change.after : change.before
        let found = try await node.shell("cat \(Self.path) 2>/dev/null || echo none").output
        #expect(found == content.map { String(decoding: $0, as: UTF8.self) } ?? "none\n")
        try await operations.unlock(token)
        await operations.close()
        return refusal == nil
    }

    private func uptime(_ node: VMNode) async throws -> Double {
        let text = try await node.shell("cat /proc/uptime").output
        return try #require(text.split(separator: " ").first.flatMap { Double($0) }, "\(text)")
    }

    /// Nil while it can't be logged into.
    private func boot(_ node: VMNode) async throws -> BootID? {
        let text = try await node.shell("cat /proc/sys/kernel/random/boot_id").output
        return BootID(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// The next boot, as soon as it can be logged into.
    private func boot(_ node: VMNode, after old: BootID) async throws -> BootID {
        let deadline = ContinuousClock.now + .seconds(400)
        while ContinuousClock.now < deadline {
            if let boot = try await boot(node), boot != old { return boot }
            try await Task.sleep(for: .milliseconds(500))
        }
        throw TestSupportError("\(node.endpoint.name) did not come up again\n\(node.console.suffix(2000))")
    }
}
