typealias WaiterID = UInt64

/// A descriptor the reactor watches. The number is never used twice, though descriptors are.
struct Source: Hashable, Sendable {
    fileprivate let id: UInt64
    let descriptor: CInt
}

struct Interest: OptionSet, Hashable, Sendable {
    let rawValue: UInt8
    static let read = Interest(rawValue: 1)
    static let write = Interest(rawValue: 2)
}

/// What a reactor knows: the jobs to run, who waits for what, and until when.
struct ReactorState: ~Copyable {
    typealias Continuation = CheckedContinuation<Reactor.Wake, Never>
    typealias Handler = @Sendable () -> Void

    struct Work {
        var jobs: [Job]
        var expired: [Continuation]
        /// Milliseconds the thread may sleep; -1 is for ever.
        var timeout: CInt
    }

    /// What reports on sources lead to.
    struct Ready {
        var waiters: [Continuation] = []
        var handlers: [Handler] = []
    }

    private struct Waiter {
        var continuation: Continuation
        var source: UInt64?
    }

    private struct Watch {
        var descriptor: CInt
        var isAdded = false
        /// What the poller was asked to report. It reports once and forgets.
        var armed: Interest = []
        var waiters: Set<WaiterID> = []
        var handler: Handler?
    }

    var jobs: [Job] = []
    var isStopping = false
    private var isAsleep = false
    private var waiters: [WaiterID: Waiter] = [:]
    private var watches: [UInt64: Watch] = [:]
    private var deadlines = DeadlineQueue()
    private var lastID: UInt64 = 0

    mutating func newID() -> UInt64 {
        lastID += 1
        return lastID
    }

    /// True when the thread sleeps and has to be interrupted for what was just added.
    mutating func wakeUp() -> Bool {
        defer { isAsleep = false }
        return isAsleep
    }

    /// The next thing for the thread to do; nil when it should end.
    mutating func next(now: ContinuousClock.Instant) -> Work? {
        var work = Work(jobs: [], expired: expire(now: now), timeout: 0)
        swap(&work.jobs, &jobs)
        if !work.jobs.isEmpty || !work.expired.isEmpty { return work }
        if isStopping, waiters.isEmpty { return nil }
        isAsleep = true
        work.timeout = deadlines.timeout(now: now)
        return work
    }

    private mutating func expire(now: ContinuousClock.Instant) -> [Continuation] {
        var expired: [Continuation] = []
        while let waiter = deadlines.popExpired(now: now) {
            if let continuation = take(waiter) { expired.append(continuation) }
        }
        return expired
    }
}

// MARK: Waits

extension ReactorState {
    mutating func add(_ continuation: Continuation, _ id: WaiterID, until deadline: ContinuousClock.Instant) {
        waiters[id] = Waiter(continuation: continuation)
        deadlines.insert(id, deadline)
        // Most waits end before their deadline; without this their entries would pile up until it.
        if deadlines.count > 2 * waiters.count + 64 { deadlines.keep { waiters[$0] != nil } }
    }

    mutating func wait(_ id: WaiterID, on source: Source, for interest: Interest, _ poller: borrowing Poller) {
        waiters[id]?.source = source.id
        guard var watch = watches[source.id] else {
            deadlines.insert(id, .now)
            return
        }
        watch.waiters.insert(id)
        // When the descriptor is gone, the waiter finds out by looking.
        if !arm(&watch, source, interest, poller) { deadlines.insert(id, .now) }
        watches[source.id] = watch
    }

    mutating func arm(_ source: Source, _ interest: Interest, _ poller: borrowing Poller) -> Bool {
        guard var watch = watches[source.id] else { return false }
        defer { watches[source.id] = watch }
        return arm(&watch, source, interest, poller)
    }

    private func arm(
        _ watch: inout Watch, _ source: Source, _ interest: Interest, _ poller: borrowing Poller
    ) -> Bool {
        let wanted = watch.armed.union(interest)
        if wanted == watch.armed { return true }
        guard poller.arm(watch.descriptor, wanted, token: source.id, isAdded: watch.isAdded) else { return false }
        watch.armed = wanted
        watch.isAdded = true
        return true
    }

    /// Takes a wait out, so that whoever has it is the only one to end it.
    mutating func take(_ id: WaiterID) -> Continuation? {
        guard let waiter = waiters.removeValue(forKey: id) else { return nil }
        if let source = waiter.source { watches[source]?.waiters.remove(id) }
        return waiter.continuation
    }
}

// MARK: Sources

extension ReactorState {
    mutating func addSource(_ descriptor: CInt) -> Source {
        let source = Source(id: newID(), descriptor: descriptor)
        watches[source.id] = Watch(descriptor: descriptor)
        return source
    }

    mutating func setHandler(_ handler: @escaping Handler, of source: Source) { watches[source.id]?.handler = handler }

    mutating func removeSource(_ source: Source) { watches[source.id] = nil }

    mutating func takeWaiters(of source: Source) -> [Continuation] {
        takeWaiters(source.id)
    }

    /// Each source with a report calls its handler; without one all waits on it end, and a task that finds nothing to do
    /// waits again.
    mutating func ready(_ tokens: [UInt64]) -> Ready {
        isAsleep = false
        var ready = Ready()
        for token in tokens {
            watches[token]?.armed = []
            if let handler = watches[token]?.handler {
                ready.handlers.append(handler)
            } else {
                ready.waiters += takeWaiters(token)
            }
        }
        return ready
    }

    private mutating func takeWaiters(_ token: UInt64) -> [Continuation] {
        guard let ids = watches[token]?.waiters else { return [] }
        return ids.sorted().compactMap { take($0) }
    }
}
