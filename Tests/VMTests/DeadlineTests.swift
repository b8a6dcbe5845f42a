import Engine
import Fleet
import Foundation
import TestSupport
import Testing

/// The real guard, started by a real systemd and counting by a real kernel's uptime: a confirmation sent around its
/// deadline is kept or goes back, never both, and the answer to it says which.
///
/// The deadline is moved near once the node can be logged into, so nothing is assumed about how long a boot takes.
@Suite("A confirmation around the deadline on a VM node", .vmNodes, .timeLimit(.minutes(30)))
struct DeadlineTests {
    /// What a roll-out wrote, and what was there before.
    fileprivate static let change = FileChange(
        path: "/etc/modprobe.d/edge.conf", before: nil, after: Array("# written\n".utf8))

    /// A machine that is busy needs longer from the order to the node, or lets the guard look later than each second:
    /// then the next second is tried. Whatever comes of a try, everything must agree on it.
    @Test func isKeptBeforeAndGoesBackAfter() async throws {
        let controller = try Controller()
        let node = try await VMNode.start("vm-deadline", .intel, image: try await VMImage.folder())
        defer { node.stop() }
        for arguments in [["inventory", "import", try controller.inventory(node.endpoint)], ["trust", "--yes"]] {
            let result = try await controller.vfiofleet(arguments)
            try #require(result.status == 0, "\(result.transcript)")
        }
        var tries = 0
        func tryUntil(_ isKept: Bool, _ edges: [Int]) async throws {
            for edge in edges {
                tries += 1
                let token = FencingToken(number: UInt64(tries), rollout: try #require(RolloutID("edge-\(tries)")))
                if try await Trial(node: node, controller: controller, token: token).isKept(sentAt: edge) == isKept {
                    return
                }
            }
            Issue.record("no confirmation at \(edges) s from the deadline was \(isKept ? "kept" : "refused")")
        }
        try await tryUntil(true, [-1, -3, -10])
        try await tryUntil(false, [1, 3, 10])
    }

    /// One roll-out's way over the node, from its lock to the unlock.
    private struct Trial {
        let node: VMNode
        let controller: Controller
        let token: FencingToken

        /// `edge`: so many seconds after the deadline the confirmation is sent.
        func isKept(sentAt edge: Int) async throws -> Bool {
            let second = try await bootOnTrial()
            let operations = try await controller.operations(on: node.endpoint)
            let deadline = try await moveDeadlineNear()
            // Opens the connection, so that the order has only its own way to go.
            #expect(try await operations.guardReport().phase == .waiting)
            try await waitOnNode(until: deadline + edge)
            var refusal: FleetError?
            do throws(NodeFailure) { try await operations.confirm(second, token) } catch { refusal = error.error }
            await operations.close()
            try await agrees(second, refusal, edge)
            return refusal == nil
        }

        private func bootOnTrial() async throws -> BootID {
            _ = try await node.shell("rm -f \(DeadlineTests.change.path)")
            let operations = try await controller.operations(on: node.endpoint)
            try await operations.lock(token)
            // Longer than any boot takes.
            try await operations.arm(withinSeconds: 3600, rebuilding: [], token)
            try await operations.write([DeadlineTests.change], token)
            let first = try #require(try await boot())
            try await operations.reboot(from: first, token)
            await operations.close()
            return try await boot(after: first)
        }

        /// The guard reads its order anew every second.
        private func moveDeadlineNear() async throws -> Int {
            let moved = try await node.shell(
                """
                cd /var/lib/vfiofleet/guard && read -r up _ </proc/uptime && within=$((${up%%.*} + 20)) &&
                sed "s/^within .*/within $within/" order >order.new && mv order.new order && echo $within
                """)
            return try #require(
                Int(moved.output.trimmingCharacters(in: .whitespacesAndNewlines)), "\(moved.transcript)")
        }

        private func waitOnNode(until uptime: Int) async throws {
            let waited = try await node.shell(
                "while read -r up _ </proc/uptime && [ ${up%%.*} -lt \(uptime) ]; do sleep 0.05; done")
            try #require(waited.status == 0, "\(waited.transcript)")
        }

        /// The answer, the guard, its record, the files and the boots tell the same.
        private func agrees(_ second: BootID, _ refusal: FleetError?, _ edge: Int) async throws {
            let isKept = refusal == nil
            #expect(isKept || refusal?.code == "confirmed-too-late", "\(String(describing: refusal))")
            if !isKept { _ = try await boot(after: second) }
            // In the boot after, the guard comes to its end by itself.
            let end = ContinuousClock.now + .seconds(60)
            while try await isWanted(), ContinuousClock.now < end { try await Task.sleep(for: .seconds(1)) }
            let operations = try await controller.operations(on: node.endpoint)
            let report = try await operations.guardReport()
            print("vm-deadline: \(edge) s: \(report.record.map { "\($0.word) at \($0.uptime) s" })")
            #expect(report.phase == (isKept ? .confirmed : .reverted))
            let words = report.record.map(\.word)
            #expect(words.count { $0 == "confirmed" } == (isKept ? 1 : 0), "\(words)")
            #expect(words.count { $0 == "reverting" } == (isKept ? 0 : 1), "\(words)")
            #expect(words.count { $0 == "rebooting" } == (isKept ? 0 : 1), "\(words)")
            let content = try await node.shell("cat \(DeadlineTests.change.path) 2>/dev/null || echo none").output
            #expect(content == (isKept ? "# written\n" : "none\n"))
            try await operations.unlock(token)
            await operations.close()
            #expect((try await boot() == second) == isKept)
            #expect(try await !isWanted())
        }

        private func isWanted() async throws -> Bool {
            let found = try await node.shell("find /etc/systemd -name 'vfiofleet*'")
            try #require(found.status == 0, "\(found.transcript)")
            return !found.output.isEmpty
        }

        /// Nil while it can't be logged into.
        private func boot() async throws -> BootID? {
            let text = try await node.shell("cat /proc/sys/kernel/random/boot_id").output
            return BootID(text.trimmingCharacters(in: .whitespacesAndNewlines))
        }

        /// The next boot, as soon as it can be logged into.
        private func boot(after old: BootID) async throws -> BootID {
            let end = ContinuousClock.now + .seconds(400)
            while ContinuousClock.now < end {
                if let boot = try await boot(), boot != old { return boot }
                try await Task.sleep(for: .milliseconds(500))
            }
            throw TestSupportError("\(node.endpoint.name) did not come up again\n\(node.console.suffix(2000))")
        }
    }
}
