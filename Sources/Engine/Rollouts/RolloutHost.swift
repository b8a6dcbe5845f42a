public import Fleet
public import Logging
public import Store

/// Drives roll-outs in the background of a process that goes on, each by a driver of its own.
public actor RolloutHost {
    private let store: Store
    /// By who acts, so that leases and the audit log name them.
    private let driver: @Sendable (_ actor: String) -> RolloutDriver
    private let time: any TimeSource
    private let logger: Logger
    private var running: [RolloutID: (task: Task<Void, Never>, tell: AsyncStream<RolloutOrder>.Continuation)] = [:]
    private var isClosing = false

    /// A lease outlives a machine's power loss for half a minute.
    private static let patience = Duration.seconds(10)

    public init(
        store: Store, time: any TimeSource = SystemTime(), logger: Logger = Logger(label: "vfiofleet.host"),
        driver: @escaping @Sendable (_ actor: String) -> RolloutDriver
    ) {
        self.store = store
        self.time = time
        self.logger = logger
        self.driver = driver
    }

    /// Lets a roll-out that was asked for begin. Fails as `RolloutBeginning` and
    /// `Store.approve` do.
    public func approve(_ request: Int64, fourEyes: Bool, by actor: String) async throws(FleetError) -> RolloutID {
        try refuseClosing()
        let asked = try await store.request(request)
        let plan = try await store.plan(asked.plan)
        let beginning = RolloutBeginning(store: store, time: time)
        try await beginning.refuseUseless(plan, asked.plan)
        let rollout = try await beginning.draft(plan, asked.plan)
        try await store.approve(
            request, creating: rollout, overriding: plan.overrides, fourEyes: fourEyes, at: time.now(), by: actor)
        begin(rollout.id, aborting: false, by: actor)
        return rollout.id
    }

    /// Begins a roll-out of a kept plan. Fails as `RolloutBeginning` does.
    public func begin(_ digest: ContentDigest, by actor: String) async throws(FleetError) -> RolloutID {
        try refuseClosing()
        let plan = try await store.plan(digest)
        let id = try await RolloutBeginning(store: store, time: time).begin(plan, digest, by: actor)
        begin(id, aborting: false, by: actor)
        return id
    }

    /// Has the process that drives it finish what is in flight. Fails with `rollout-ended`, and with `rollout-idle`
    /// where nobody drives it.
    public func suspend(_ id: RolloutID, by actor: String) async throws(FleetError) {
        try await refuseEnded(id)
        guard try await RolloutDriver.holder(of: id, in: store, at: time.now()) != nil else {
            throw FleetError("rollout-idle", "Nobody drives \(id) at this moment, so there is nothing to pause.")
        }
        try await store.give(.suspend, to: id, at: time.now(), by: actor)
    }

    /// Goes on with it here. Fails with `rollout-ended`, `lease-held`.
    public func resume(_ id: RolloutID, by actor: String) async throws(FleetError) {
        try refuseClosing()
        try await refuseEnded(id)
        if let holder = try await RolloutDriver.holder(of: id, in: store, at: time.now()) {
            throw FleetError("lease-held", "\(holder) is driving \(id) at this moment.")
        }
        try await store.note("rollout-resume", subject: id.description, at: time.now(), by: actor)
        begin(id, aborting: false, by: actor)
    }

    /// Ends it for good, through the process that drives it, or here. Fails with `rollout-ended`.
    public func abort(_ id: RolloutID, by actor: String) async throws(FleetError) {
        try await refuseEnded(id)
        try await store.give(.abort, to: id, at: time.now(), by: actor)
        if try await RolloutDriver.holder(of: id, in: store, at: time.now()) == nil {
            begin(id, aborting: true, by: actor)
        }
    }

    /// Goes on with what a service drove when it was killed, until it is cancelled. What was being suspended then waits for
    /// a person, as do roll-outs that others drove.
    public func takeUpAbandoned() async {
        while !Task.isCancelled {
            do throws(FleetError) {
                for (id, actor) in try await abandoned() where !isClosing {
                    logger.notice("going on with a roll-out", metadata: ["rollout": "\(id)"])
                    try await store.note("rollout-resume", subject: id.description, at: time.now(), by: actor)
                    begin(id, aborting: false, by: actor)
                }
            } catch { logger.error("roll-outs can't be looked for", metadata: ["error": "\(error)"]) }
            do { try await time.sleep(for: Self.patience) } catch { return }
        }
    }

    private func abandoned() async throws(FleetError) -> [(RolloutID, actor: String)] {
        var found: [(RolloutID, actor: String)] = []
        for stored in try await store.rollouts(latest: 100) where stored.rollout.phase.goesOn {
            let id = stored.rollout.id
            guard running[id] == nil, let lease = try await store.lease(Lease.name(for: id)),
                let actor = LeaseHolder.actorThroughService(lease.holder),
                try await RolloutDriver.holder(of: id, in: store, at: time.now()) == nil
            else { continue }
            found.append((id, actor))
        }
        return found
    }

    /// Suspends everything that runs here, and returns when nothing is in flight any more.
    public func close() async {
        isClosing = true
        for rollout in running.values { rollout.tell.yield(.suspend) }
        for rollout in Array(running.values) { await rollout.task.value }
    }

    private func begin(_ id: RolloutID, aborting: Bool, by actor: String) {
        guard running[id] == nil else { return }
        let (controls, tell) = AsyncStream.makeStream(of: RolloutOrder.self)
        let driver = driver(actor)
        let task = Task {
            do throws(FleetError) {
                let rollout = try await driver.drive(id, aborting: aborting, controls: controls)
                logger.info("roll-out has come to rest", metadata: ["rollout": "\(id)", "phase": "\(rollout.phase)"])
            } catch {
                logger.error("roll-out failed", metadata: ["rollout": "\(id)", "error": "\(error)"])
            }
            running[id] = nil
        }
        running[id] = (task, tell)
    }

    private func refuseEnded(_ id: RolloutID) async throws(FleetError) {
        guard try await store.rollout(id).rollout.isEnded else { return }
        throw FleetError("rollout-ended", "The roll-out \(id) has ended already.")
    }

    private func refuseClosing() throws(FleetError) {
        if isClosing { throw FleetError("service-closing", "The controller is about to end.") }
    }
}

extension Rollout.Phase {
    /// Nobody asked for its end or a stop.
    fileprivate var goesOn: Bool {
        switch self {
        case .ready, .running, .pausing, .waiting, .stopping: true
        case .draining, .suspended, .ended: false
        }
    }
}
