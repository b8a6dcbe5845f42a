import Synchronization

/// One thread that runs the jobs of its actors and wakes them when a socket is ready or a deadline has passed.
///
/// The actors that name it as their executor may call libssh without locks: all of them run on this thread. A reactor
/// without sockets also serves as the thread for calls that block (name look-up, key files, the agent).
final class Reactor: SerialExecutor {
    /// Why a wait ended.
    enum Wake { case ready, timedOut, cancelled }

    private let state = Mutex(ReactorState())
    private let poller = Poller()
    private let thread = Atomic<UInt>(0)
    private let wakeUpCount = Atomic<Int>(0)

    func start(name: String) {
        startThread(name: name) { [self] in
            thread.store(currentThread(), ordering: .relaxed)
            turn()
        }
    }

    /// Ends the thread once no job and no wait is left.
    func stop() {
        let isAsleep = state.withLock { state in
            state.isStopping = true
            return state.wakeUp()
        }
        if isAsleep { poller.interrupt() }
    }

    // MARK: The executor

    func enqueue(_ job: consuming ExecutorJob) {
        let job = Job(job)
        let isAsleep = state.withLock { state in
            state.jobs.append(job)
            return state.wakeUp()
        }
        if isAsleep { poller.interrupt() }
    }

    func isIsolatingCurrentContext() -> Bool? { thread.load(ordering: .relaxed) == currentThread() }

    func checkIsolated() {
        precondition(isIsolatingCurrentContext() == true, "Not on the reactor's thread.")
    }

    private func turn() {
        while let work = state.withLock({ $0.next(now: .now) }) {
            for job in work.jobs { job.run(on: self) }
            for waiter in work.expired { resume(waiter, .timedOut) }
            let events = poller.poll(milliseconds: work.timeout)
            let ready = state.withLock { $0.ready(events) }
            for waiter in ready.waiters { resume(waiter, .ready) }
            for handler in ready.handlers {
                countWakeUp()
                handler()
            }
        }
    }

    private func resume(_ waiter: ReactorState.Continuation, _ wake: Wake) {
        countWakeUp()
        waiter.resume(returning: wake)
    }

    /// Waits ended, handlers called and streams looked at so far: what the work of many connections is measured by.
    var wakeUps: Int { wakeUpCount.load(ordering: .relaxed) }

    func countWakeUp() { wakeUpCount.wrappingAdd(1, ordering: .relaxed) }

    // MARK: Sources

    /// Makes a descriptor known. Its owner closes it, and calls `forget` then.
    func watch(_ descriptor: CInt) -> Source {
        state.withLock { $0.addSource(descriptor) }
    }

    /// Calls `handler` on the reactor's thread for each report on `source`, instead of ending the waits on it.
    func handle(_ source: Source, by handler: @escaping @Sendable () -> Void) {
        state.withLock { $0.setHandler(handler, of: source) }
    }

    /// Asks for one report, as soon as `source` is ready for any of `interest`. False when its descriptor is closed.
    @discardableResult
    func arm(_ source: Source, for interest: Interest) -> Bool {
        state.withLock { $0.arm(source, interest, poller) }
    }

    func forget(_ source: Source) {
        wake(source)
        state.withLock { $0.removeSource(source) }
    }

    /// Ends every wait on `source`, so that each task looks again.
    func wake(_ source: Source) {
        for waiter in state.withLock({ $0.takeWaiters(of: source) }) { resume(waiter, .ready) }
    }

    // MARK: Waiting

    func newWaiter() -> WaiterID { state.withLock { $0.newID() } }

    /// Ends one wait. Without effect when it has ended.
    func end(_ waiter: WaiterID, _ wake: Wake) {
        if let waiter = state.withLock({ $0.take(waiter) }) { resume(waiter, wake) }
    }

    /// Suspends until somebody ends `waiter` or all waits on `source`, `deadline` passes or the task is cancelled. With an
    /// `interest`, a report on `source` ends it too. `isDone` is asked once the wait can be ended, so that nothing is
    /// missed in between.
    ///
    /// The isolation is named because a closure loses it otherwise, and with it the caller's thread: an actor of this
    /// reactor may look, find nothing and wait, and nothing can happen between its look and the begin of the wait.
    func wait(
        _ waiter: WaiterID? = nil, on source: Source? = nil, for interest: Interest = [],
        until deadline: ContinuousClock.Instant, isolation: isolated (any Actor)? = #isolation,
        unless isDone: () -> Bool = { false }
    ) async -> Wake {
        let id = waiter ?? newWaiter()
        return await withTaskCancellationHandler(
            operation: {
                await withCheckedContinuation(isolation: isolation) { continuation in
                    let isAsleep = state.withLock { state in
                        state.add(continuation, id, until: deadline)
                        if let source { state.wait(id, on: source, for: interest, poller) }
                        return state.wakeUp()
                    }
                    if isAsleep { poller.interrupt() }
                    if Task.isCancelled { end(id, .cancelled) } else if isDone() { end(id, .ready) }
                }
            }, onCancel: { end(id, .cancelled) }, isolation: isolation)
    }
}

/// One piece of work of an actor, handed over by the Swift runtime.
struct Job: Sendable {
    private let job: UnownedJob

    /// Each job is stored once and run once, as the runtime asks.
    init(_ job: consuming ExecutorJob) { self.job = UnownedJob(job) }

    func run(on reactor: Reactor) { unsafe job.runSynchronously(on: reactor.asUnownedSerialExecutor()) }
}
