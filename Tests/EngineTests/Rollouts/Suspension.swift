import Engine
import Fleet
import Store
import Synchronization

/// Is opened once.
final class Gate: Sendable {
    private let state = Mutex(false)

    var isOpen: Bool { state.withLock { $0 } }
    func open() { state.withLock { $0 = true } }

    /// Also ends when the task is cancelled.
    func wait() async {
        while !isOpen, !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
    }
}

/// A controller's process that is stopped just before it gives an order, as by SIGSTOP, and goes on when it is told to:
/// nothing of it runs meanwhile, its lease is not renewed, and what it was about to order it still orders.
final class Suspension: Sendable {
    let order: ScriptedConnection.Order
    let isStopped = Gate()
    let goesOn = Gate()
    /// What came of the order.
    let outcome = Gate()
    private let refusals = Mutex<[FleetError.Code]>([])

    init(before order: ScriptedConnection.Order) { self.order = order }

    /// With which the node refused what was ordered late.
    var refusal: FleetError.Code? { refusals.withLock { $0.first } }

    /// An order of that process.
    func give(
        _ order: ScriptedConnection.Order, _ carryOut: () async throws(NodeFailure) -> Void
    ) async throws(NodeFailure) {
        guard order == self.order, !isStopped.isOpen else { return try await carryOut() }
        isStopped.open()
        await goesOn.wait()
        defer { outcome.open() }
        do throws(NodeFailure) { try await carryOut() } catch {
            refusals.withLock { $0.append(error.error.code) }
            throw error
        }
    }

    /// The controller that runs in it.
    func controller(of node: ScriptedNode, _ time: ScaledTime, _ store: Store) -> ScriptedController {
        ScriptedController(node: node, time: self.time(time), store: store) { order, carryOut throws(NodeFailure) in
            try await self.give(order, carryOut)
        }
    }

    /// Its waits don't end while it is stopped.
    private func time(_ time: ScaledTime) -> any TimeSource { StoppedTime(time: time, suspension: self) }

    private struct StoppedTime: TimeSource {
        let time: ScaledTime
        let suspension: Suspension

        func now() -> Timestamp { time.now() }

        func sleep(for duration: Duration) async throws {
            try await time.sleep(for: duration)
            // Of the order and the next sign of life, the order comes first: that is the one that could do harm.
            if suspension.isStopped.isOpen { await suspension.outcome.wait() }
            try Task.checkCancellation()
        }
    }
}
