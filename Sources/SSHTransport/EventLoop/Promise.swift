import Synchronization

/// A value that comes later, waited for by any number of tasks, each with a deadline of its own.
final class Promise<Value: Sendable>: Sendable {
    private let reactor: Reactor
    private let state = Mutex<(value: Value?, waiters: [WaiterID])>((nil, []))

    init(on reactor: Reactor) { self.reactor = reactor }

    /// The first value counts.
    func fulfil(_ value: Value) {
        let waiters = state.withLock { state in
            if state.value == nil { state.value = value }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { reactor.end(waiter, .ready) }
    }

    var current: Value? { state.withLock { $0.value } }

    /// Nil when the deadline came first or the task was cancelled.
    func value(until deadline: ContinuousClock.Instant) async -> Value? {
        let waiter = reactor.newWaiter()
        state.withLock { $0.waiters.append(waiter) }
        _ = await reactor.wait(waiter, until: deadline, unless: { current != nil })
        return current
    }
}
