import Fleet
import Logging
import Metrics
import Store

/// One drive of one roll-out: the state, the journal's next number, and the mailbox of what happened.
actor RolloutRun {
    private let driver: RolloutDriver
    private let lease: Lease
    private let events: AsyncStream<RolloutProgress>.Continuation?
    private var rollout: Rollout
    private var lastEvent: Int
    /// What the plan lets pass, for the journal.
    private let overrides: [NodeOverride]
    /// How long nodes of earlier roll-outs took.
    private var pace: RolloutPace?
    private var estimatedAt: Timestamp?

    init(
        _ stored: StoredRollout, overrides: [NodeOverride], lease: Lease, driver: RolloutDriver,
        events: AsyncStream<RolloutProgress>.Continuation?
    ) {
        rollout = stored.rollout
        lastEvent = stored.lastEvent
        self.overrides = overrides
        self.lease = lease
        self.driver = driver
        self.events = events
    }

    /// Ends when the roll-out has settled, or by the first failure of the journal or the lease.
    func drive(
        _ workers: [NodeName: NodeWorker], _ aborting: Bool, _ controls: AsyncStream<RolloutOrder>?
    ) async throws -> Rollout {
        pace = await driver.pace(before: rollout.id)
        let (mailbox, post) = AsyncStream.makeStream(of: RolloutEvent.Kind.self)
        if lastEvent == 0, !overrides.isEmpty { post.yield(.override(overrides)) }
        // Orders first, so that resuming does not begin what they forbid.
        for order in try await driver.orders(to: rollout.id, under: lease) { post.yield(.init(order)) }
        if aborting { post.yield(.abort) }
        post.yield(rollout.phase == .ready ? .start : .resume)
        try await withThrowingDiscardingTaskGroup { group in
            // The mailbox is read in the group's body; a failed heartbeat ends it.
            group.addTask { [driver, lease] in
                do { try await driver.leases.keep(lease) } catch {
                    post.finish()
                    throw error
                }
            }
            group.addTask { [driver, lease, id = rollout.id] in
                await driver.watch(id, under: lease) { post.yield(.init($0)) }
            }
            if let controls {
                group.addTask { for await order in controls { post.yield(.init(order)) } }
            }
            for await kind in mailbox {
                for effect in try await take(kind) {
                    group.addTask { [driver, events] in await driver.carryOut(effect, workers, post, events) }
                }
                if isSettled { break }
            }
            group.cancelAll()
            if !isSettled { try Task.checkCancellation() }
        }
        return rollout
    }

    /// Not more often than a person reads it: it plays the whole rest of the roll-out.
    private func estimate(at time: Timestamp) {
        guard let events, estimatedAt.map({ time < $0 || $0.adding(seconds: 5) <= time }) ?? true else { return }
        estimatedAt = time
        events.yield(.estimate(rollout.secondsLeft(at: time, earlier: pace)))
    }

    private var isSettled: Bool { rollout.isEnded || rollout.phase == .suspended }

    /// Computes the transition and journals it; only then are its effects let begin. Should that fail, this drive is over,
    /// and nobody looks at its state again: with thousands of nodes a copy for that case would cost the most of all.
    private func take(_ kind: RolloutEvent.Kind) async throws(FleetError) -> [RolloutEffect] {
        let event = RolloutEvent(at: driver.time.now(), kind)
        switch rollout.handle(event) {
        case .rejected(let reason):
            driver.logger.debug("event not taken", metadata: ["rollout": "\(rollout.id)", "reason": "\(reason)"])
            return []
        case .accepted(let effects):
            try await driver.journal.append(event, number: lastEvent + 1, after: rollout, under: lease)
            lastEvent += 1
            Counter(label: "vfiofleet_rollout_events_total").increment()
            let changed = rollout.changed.sorted().map { rollout.nodes[$0] }
            events?.yield(.event(event, phase: rollout.phase, changed: changed))
            estimate(at: event.at)
            return effects
        }
    }
}

extension RolloutDriver {
    /// What the latest roll-outs took. An estimate is not worth failing for.
    fileprivate func pace(before id: RolloutID) async -> RolloutPace? {
        try? await store.pace(before: id)
    }

    /// What operators have ordered from elsewhere since the last look.
    fileprivate func orders(to id: RolloutID, under lease: Lease) async throws(FleetError) -> [RolloutOrder] {
        try await store.takeOrders(for: id, under: lease, at: time.now())
    }

    /// Looks for orders until cancelled. A database that is busy is asked again.
    fileprivate func watch(_ id: RolloutID, under lease: Lease, _ obey: @Sendable (RolloutOrder) -> Void) async {
        while (try? await time.sleep(for: .seconds(1))) != nil {
            do throws(FleetError) { try await orders(to: id, under: lease).forEach(obey) } catch {
                logger.debug("orders were not read: \(error)", metadata: ["rollout": "\(id)"])
            }
        }
    }

    /// Carries an effect out and posts what came of it. A cancelled effect posts nothing: its outcome is not known.
    fileprivate func carryOut(
        _ effect: RolloutEffect, _ workers: [NodeName: NodeWorker],
        _ post: AsyncStream<RolloutEvent.Kind>.Continuation, _ events: AsyncStream<RolloutProgress>.Continuation?
    ) async {
        switch effect {
        case .wake(let at):
            guard (try? await time.sleep(until: at)) != nil else { return }
            post.yield(.tick)
        case .node(let effect):
            events?.yield(.began(effect))
            let outcome = await perform(effect, workers)
            guard !Task.isCancelled else { return }
            post.yield(.finished(effect.id, outcome))
        }
    }

    private func perform(_ effect: NodeEffect, _ workers: [NodeName: NodeWorker]) async -> Outcome {
        guard let worker = workers[effect.id.node] else {
            return .failed(.init(FleetError("node-unknown", "The database knows no node \(effect.id.node).")))
        }
        let outcome = await worker.perform(effect.action)
        if case .failed(let failure) = outcome, !Task.isCancelled {
            logger.info("\(effect.id) failed", metadata: ["code": "\(failure.error.code)"])
        }
        return outcome
    }
}
