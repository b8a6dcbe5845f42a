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
    private var isLooking = false

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
        let (mailbox, post) = AsyncStream.makeStream(of: Mail.self)
        let carryOut = { @Sendable [driver, events] effect in await driver.carryOut(effect, workers, post, events) }
        try await withThrowingDiscardingTaskGroup { group in
            // The mailbox is read in the group's body; a failed heartbeat ends it.
            group.addTask { [driver, lease] in
                do { try await driver.leases.keep(lease) } catch {
                    post.finish()
                    throw error
                }
            }
            group.addTask { [driver] in await driver.watch { if await self.isLookDue() { post.yield(.look) } } }
            if let controls {
                group.addTask { for await order in controls { post.yield(.event(.init(order))) } }
            }
            for effect in try await begin(aborting) { group.addTask { await carryOut(effect) } }
            if !isSettled {
                for await mail in mailbox {
                    for effect in try await open(mail) { group.addTask { await carryOut(effect) } }
                    if isSettled { break }
                }
            }
            group.cancelAll()
            if !isSettled { try Task.checkCancellation() }
        }
        return rollout
    }

    /// Orders first, so that resuming does not begin what they forbid. Resuming issues every effect that came before it again.
    private func begin(_ aborting: Bool) async throws(FleetError) -> [RolloutEffect] {
        if lastEvent == 0, !overrides.isEmpty { _ = try await take(.override(overrides)) }
        if rollout.phase == .ready {
            let debts = try await driver.store.debts().filter { rollout[$0.node]?.isOpen(to: $0) == true }
            if !debts.isEmpty { _ = try await take(.owed(debts)) }
        }
        for given in try await driver.store.openOrders(of: rollout.id) { _ = try await obey(given) }
        if aborting { _ = try await take(.abort) }
        return try await take(rollout.phase == .ready ? .start : .resume)
    }

    private func open(_ mail: Mail) async throws(FleetError) -> [RolloutEffect] {
        switch mail {
        case .event(let kind): try await take(kind)
        case .look: try await look()
        }
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
    /// `order`: what it obeys or refuses.
    private func take(
        _ kind: RolloutEvent.Kind, obeying order: GivenOrder? = nil
    ) async throws(FleetError) -> [RolloutEffect] {
        var earlier: [RolloutEffect] = []
        while true {
            let event = RolloutEvent(at: driver.time.now(), kind, order: order?.number)
            switch rollout.handle(event) {
            case .rejected(let reason):
                driver.logger.debug("event not taken", metadata: ["rollout": "\(rollout.id)", "reason": "\(reason)"])
                guard let order, !rollout.isEnded else { return earlier }
                return earlier + (try await take(.refused(order.order, reason), obeying: order))
            case .accepted(let effects):
                if try await keep(event) { return kind == .resume ? effects : earlier + effects }
                earlier += try await hear(all: order == nil)
                // What was seen is no longer so; the next look shows more.
                if case .elsewhere = kind { return earlier }
            }
        }
    }

    /// False = not kept, and the state is as it was: something has to be heard first.
    private func keep(_ event: RolloutEvent) async throws(FleetError) -> Bool {
        do throws(FleetError) {
            try await driver.journal.append(event, number: lastEvent + 1, after: rollout, under: lease)
        } catch {
            guard error.code == "rollout-uninformed" else { throw error }
            rollout = try await driver.store.rollout(rollout.id).rollout
            return false
        }
        lastEvent += 1
        Counter(label: "vfiofleet_rollout_events_total").increment()
        let changed = rollout.changed.sorted().map { rollout.nodes[$0] }
        events?.yield(.event(event, phase: rollout.phase, changed: changed))
        estimate(at: event.at)
        return true
    }
}

/// What others have said or begun meanwhile.
extension RolloutRun {
    fileprivate enum Mail: Sendable {
        case event(RolloutEvent.Kind)
        /// Time to look for it.
        case look
    }

    private func obey(_ given: GivenOrder) async throws(FleetError) -> [RolloutEffect] {
        try await take(.init(given.order), obeying: given)
    }

    /// What others have under way is added to what was known, so that nothing becomes free by it and is begun.
    /// `all`: orders too.
    private func hear(all: Bool) async throws(FleetError) -> [RolloutEffect] {
        var effects: [RolloutEffect] = []
        let others = Set(try await driver.store.nodesElsewhere(than: rollout)).union(rollout.elsewhere)
        if others.count > rollout.elsewhere.count { effects += try await take(.elsewhere(others.sorted())) }
        guard all else { return effects }
        for given in try await driver.store.openOrders(of: rollout.id) { effects += try await obey(given) }
        return effects
    }

    /// Looks for orders, and whether those who are waited for are done. A database that is busy is asked again.
    private func look() async throws(FleetError) -> [RolloutEffect] {
        isLooking = false
        let orders: [GivenOrder]
        let others: [NodeElsewhere]
        do throws(FleetError) {
            orders = try await driver.store.openOrders(of: rollout.id)
            others = rollout.elsewhere.isEmpty ? [] : try await driver.store.nodesElsewhere(than: rollout)
        } catch {
            driver.logger.debug("orders were not read: \(error)", metadata: ["rollout": "\(rollout.id)"])
            return []
        }
        var effects: [RolloutEffect] = []
        for given in orders { effects += try await obey(given) }
        if others != rollout.elsewhere { effects += try await take(.elsewhere(others)) }
        return effects
    }

    /// One look at a time.
    private func isLookDue() -> Bool {
        defer { isLooking = true }
        return !isLooking
    }
}

extension RolloutDriver {
    /// What the latest roll-outs took. An estimate is not worth failing for.
    fileprivate func pace(before id: RolloutID) async -> RolloutPace? {
        try? await store.pace(before: id)
    }

    /// Has somebody look for what others want, once a second, until cancelled.
    fileprivate func watch(_ look: @Sendable () async -> Void) async {
        while (try? await time.sleep(for: .seconds(1))) != nil { await look() }
    }

    /// Carries an effect out and posts what came of it. A cancelled effect posts nothing: its outcome is not known.
    fileprivate func carryOut(
        _ effect: RolloutEffect, _ workers: [NodeName: NodeWorker],
        _ post: AsyncStream<RolloutRun.Mail>.Continuation, _ events: AsyncStream<RolloutProgress>.Continuation?
    ) async {
        switch effect {
        case .wake(let at):
            guard (try? await time.sleep(until: at)) != nil else { return }
            post.yield(.event(.tick))
        case .node(let effect):
            events?.yield(.began(effect))
            let outcome = await perform(effect, workers)
            guard !Task.isCancelled else { return }
            post.yield(.event(.finished(effect.id, outcome)))
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
