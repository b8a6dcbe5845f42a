/// Wakes the tasks that wait for one thing. For the reactor's thread only: there nothing can happen between a task's look
/// and the begin of its wait.
final class Signal {
    private let reactor: Reactor
    private var waiters: [WaiterID] = []

    init(on reactor: Reactor) { self.reactor = reactor }

    func fire() {
        let ended = waiters
        waiters = []
        for waiter in ended { reactor.end(waiter, .ready) }
    }

    /// Suspends until it fires, all waits on `source` are ended, `deadline` passes or the task is cancelled.
    func wait(
        on source: Source, until deadline: ContinuousClock.Instant, isolation: isolated (any Actor)? = #isolation
    ) async -> Reactor.Wake {
        reactor.checkIsolated()
        let waiter = reactor.newWaiter()
        waiters.append(waiter)
        let wake = await reactor.wait(waiter, on: source, until: deadline, isolation: isolation)
        waiters.removeAll { $0 == waiter }
        return wake
    }
}
