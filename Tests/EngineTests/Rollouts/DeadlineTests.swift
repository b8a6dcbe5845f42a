import Engine
import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// A confirmation that arrives around the guard's deadline, given by the real driver to the real guard: it is kept or goes
/// back, never both, and the roll-out says what the node did.
@Suite("A confirmation around the deadline")
struct DeadlineTests {
    enum First: CaseIterable {
        case confirmation
        case guardian
        case both
    }

    /// Before its deadline the guard does nothing, so it can't be first there.
    private static let edges: [(Int, First)] = [
        (-1, .confirmation), (0, .confirmation), (1, .confirmation), (0, .guardian), (1, .guardian),
        (-1, .both), (0, .both), (1, .both),
    ]

    @Test(arguments: edges) func isKeptOrGoesBack(seconds: Int, first: First) async throws {
        let folder = try TemporaryFolder()
        let node = try await ScriptedNode()
        let time = ScaledTime()
        let store = try Store.open(path: folder.path(of: "fleet.db"))
        defer { try? store.close() }
        let id = try await ScriptedController.plan(node, "r1", in: store, at: time.now())
        let controller = ScriptedController(node: node, time: time, store: store) {
            order, carryOut throws(NodeFailure) in
            guard order == .confirm else { return try await carryOut() }
            try? await node.machine.setUptime(ScriptedController.confirmWithin + seconds)
            try await Self.meet(node, first, carryOut)
        }
        let rollout = try await controller.drive(id)
        let report = try await node.machine.report()
        let isConfirmed = report.phase == .confirmed
        switch first {
        case .confirmation: #expect(isConfirmed)
        case .guardian: #expect(!isConfirmed)
        case .both: break
        }
        #expect(isConfirmed || report.phase == .reverted, "\(report)")
        #expect(node.isWanted == isConfirmed)
        #expect(node.machine.reboots == (isConfirmed ? 1 : 2), "one for the change, one for going back")
        #expect(!node.isLocked && !node.machine.isWanted)
        #expect(report.record.contains { $0.word == "confirmed" } == isConfirmed, "\(report)")
        #expect(report.record.contains { $0.word == "reverting" } == !isConfirmed)
        switch rollout.nodes[0].state.result {
        case .verified: #expect(isConfirmed)
        case .reverted(let problem):
            #expect(!isConfirmed && problem.error.code == "confirmed-too-late", "\(problem)")
        default: Issue.record("\(rollout.nodes[0].state)")
        }
    }

    private static func meet(
        _ node: ScriptedNode, _ first: First, _ confirm: () async throws(NodeFailure) -> Void
    ) async throws(NodeFailure) {
        switch first {
        case .confirmation:
            do throws(NodeFailure) { try await confirm() } catch {
                try? await node.runGuard()
                throw error
            }
            try? await node.runGuard()
        case .guardian:
            try? await node.runGuard()
            try await confirm()
        case .both:
            let guardian = Task { try await node.runGuard() }
            do throws(NodeFailure) { try await confirm() } catch {
                _ = await guardian.result
                throw error
            }
            _ = await guardian.result
        }
    }
}
