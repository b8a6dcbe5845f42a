// The steps of one node, in order; those its plan does not ask for are left out:
//
//   locking → reviewingDebt → checking → arming → holdingCluster → notingGuests → evacuating… → writing → rebuilding… → provingDisk
//           → rebooting → awaitingReturn → relocking → provingBoot → confirming → settingGuest… → readingBack
//           → releasingCluster → awaitingHome → returning… → unlocking → verified
//
// An undo sets guests first: … evacuating… → settingGuest… → readingBack → writing … Where the host is as before after all,
// they get back what they gave up: … awaitingHome → resettingGuest… → returning …
//
// Any failure: → releasingCluster → awaitingHome (once the cluster was told) → returning… (once guests were noted)
// → unlocking → failed. No new boot by the deadline: → lost. But where the node is guarded, from the first file that is
// written to the confirmation: → awaitingRevert → releasingCluster … → reverted, or lost if it never comes back; failed if it
// turns out that nothing was written.
// No contact, once per step, and after a crash: → recovering → the same step again.

extension Rollout {
    mutating func finish(_ id: EffectID, _ outcome: Outcome, at time: Timestamp) -> [RolloutEffect] {
        guard let position = positions[id.node], case .active(let step) = nodes[position].state else { return [] }
        if case .failed(let failure) = outcome { return fail(position, step, failure, at: time) }
        switch step {
        case .reviewingDebt: if case .reviewed(let review) = outcome { nodes[position].note(review) }
        case .checking:
            if case .foundCluster(let hold) = outcome { nodes[position].note(hold) } else { nodes[position].note(nil) }
        case .releasingCluster: nodes[position].hold?.isReleased = true
        case .awaitingHome: nodes[position].hold?.isHome = true
        case .notingGuests: if case .noted(let stays) = outcome { nodes[position].note(stays) }
        case .resettingGuest(let index, _): noteReset(position, index)
        case .returning(let index, _): setBack(position, index)
        case .unlocking(let result):
            recall(position, result)
            return end(position, result)
        case .recovering(let inner, _): return [recovered(position, inner, outcome)]
        case .awaitingRevert(let problem, _): return [reverted(position, problem, outcome)]
        case .awaitingReturn:
            if case .seen(let boot) = outcome { nodes[position].bootAfter = boot }
        case .provingDisk:
            if case .seen(let boot) = outcome, nodes[position].bootBefore == nil { nodes[position].bootBefore = boot }
        case .provingBoot:
            if case .compared(let misses) = outcome { nodes[position].misses = misses }
        default: break
        }
        return [enter(position, next(position, after: step, at: time))]
    }

    private func next(_ position: Int, after step: NodeStep, at time: Timestamp) -> NodeStep {
        let run = nodes[position]
        if isStopping, step.isBeforeChanges { return leaving(run, run.untouched(.held)) }
        return switch step {
        case .locking: run.debt == nil ? .checking : .reviewingDebt
        case .reviewingDebt: .checking
        case .checking where isGuarded(run): .arming
        case .checking, .arming: holdingCluster(run)
        case .holdingCluster: notingGuests(run)
        case .notingGuests: evacuating(0, run)
        case .evacuating(let index): evacuating(index + 1, run)
        case .writing: rebuilding(0, run)
        case .rebuilding(let index): rebuilding(index + 1, run)
        case .provingDisk: rebooting(run)
        case .rebooting(let boot): .awaitingReturn(from: boot, deadline: returnDeadline(time))
        case .awaitingReturn: .relocking
        case .relocking: .provingBoot
        case .provingBoot: confirming(run, at: time)
        case .confirming, .awaitingRevert: afterHost(run)
        case .settingGuest(let index): settingGuest(index + 1, run)
        case .readingBack: afterGuests(run)
        case .releasingCluster(let result), .awaitingHome(let result), .resettingGuest(_, let result),
            .returning(_, let result):
            goingOut(after: step, run, result)
        case .unlocking, .recovering: .unlocking(then: .verified)
        }
    }

    func changing(_ run: NodeRun) -> NodeStep {
        run.work.setsGuestsFirst ? settingGuest(0, run) : changingHost(run)
    }

    private func changingHost(_ run: NodeRun) -> NodeStep { run.work.writesFiles ? .writing : rebuilding(0, run) }

    private func afterHost(_ run: NodeRun) -> NodeStep {
        run.work.setsGuestsFirst ? leaving(run, .verified) : settingGuest(0, run)
    }

    private func afterGuests(_ run: NodeRun) -> NodeStep {
        run.work.setsGuestsFirst ? changingHost(run) : leaving(run, .verified)
    }

    private func rebuilding(_ index: Int, _ run: NodeRun) -> NodeStep {
        if index < run.work.commands.count { return .rebuilding(index) }
        return run.work.provesDisk ? .provingDisk : afterHost(run)
    }

    private func rebooting(_ run: NodeRun) -> NodeStep {
        if run.work.reboots, let boot = run.bootBefore { return .rebooting(from: boot) }
        return afterHost(run)
    }

    private func confirming(_ run: NodeRun, at time: Timestamp) -> NodeStep {
        guard isGuarded(run), let boot = run.bootAfter else { return afterHost(run) }
        return .confirming(boot, deadline: revertDeadline(time))
    }

    private func settingGuest(_ index: Int, _ run: NodeRun) -> NodeStep {
        if index < run.work.guests.count { return .settingGuest(index) }
        return run.work.guests.isEmpty ? afterGuests(run) : .readingBack
    }

    /// The node answered, is locked and was looked at: it goes on where it was, and a reboot that happened is not
    /// ordered again.
    private mutating func recovered(_ position: Int, _ step: NodeStep, _ outcome: Outcome) -> RolloutEffect {
        if case .rebooting(let before) = step, case .seen(let boot) = outcome, boot != before {
            nodes[position].bootAfter = boot
            return enter(position, .provingBoot)
        }
        return enter(position, step, isRepeat: true)
    }

    /// The node is back as it was; or, if only the answer to its confirmation was lost, it is as wanted.
    private mutating func reverted(_ position: Int, _ problem: NodeProblem, _ outcome: Outcome) -> RolloutEffect {
        guard case .reverted(let report) = outcome else {
            // Before it was looked at for a reboot, nothing can have been confirmed.
            guard nodes[position].bootBefore != nil else {
                return enter(position, leaving(nodes[position], .failed(problem)))
            }
            if case .seen(let boot) = outcome { nodes[position].bootAfter = boot }
            return enter(position, afterHost(nodes[position]))
        }
        nodes[position].revert = report
        noteHostAsBefore(position)
        let effect = enter(position, leaving(nodes[position], .reverted(problem.ofReverted)))
        stopIfSpent(after: position)
        return effect
    }

    private mutating func fail(
        _ position: Int, _ step: NodeStep, _ failure: Outcome.Failure, at time: Timestamp
    ) -> [RolloutEffect] {
        if failure.isContactLost, mayRetry(position, step) {
            let effect = reissue(position, step, at: time)
            nodes[position].retries += 1
            return [effect]
        }
        var problem = NodeProblem(step: step.name, error: failure.error, evidence: failure.evidence)
        switch step {
        case .unlocking(let result):
            recall(position, result)
            // The work is done or has failed already; the lock that stays is said.
            if let earlier = result.problem { problem = earlier }
            problem.leftLocked = true
            if case .reverted = result { return end(position, .reverted(problem)) }
            return end(position, .failed(problem))
        case .releasingCluster, .awaitingHome, .resettingGuest, .returning, .recovering(.releasingCluster, _),
            .recovering(.awaitingHome, _), .recovering(.resettingGuest, _), .recovering(.returning, _):
            return [failedGoingOut(position, step, step.outcome ?? .verified, problem, failure)]
        case .awaitingRevert(let earlier, _):
            return failedToRevert(position, earlier, failure)
        case .awaitingReturn, .recovering(.rebooting, _):
            // It may well have rebooted: whether the order's answer was seen makes no difference to whoever reads of it.
            if step.name != "await-return", failure.isContactLost {
                problem.error = .lost(nodes[position].node, failure.error)
            }
            if isGuarded(nodes[position]) { return [awaitRevert(position, problem, at: time)] }
            problem.leftLocked = true
            return end(position, .lost(problem))
        case _ where isOnTrial(position, step): return [awaitRevert(position, problem, at: time)]
        default: if leavesHost(step, failure.error) { noteHostAsBefore(position) }
        }
        let effect = enter(position, leaving(nodes[position], .failed(problem)))
        stopIfSpent(after: position)
        return [effect]
    }

    /// Its disk, or what it runs, may not be as before, and is not confirmed: what its guard puts back.
    private func isOnTrial(_ position: Int, _ step: NodeStep) -> Bool {
        guard isGuarded(nodes[position]) else { return false }
        return switch step {
        case .writing, .rebuilding, .provingDisk, .rebooting, .relocking, .provingBoot, .confirming: true
        case .recovering(let inner, _): isOnTrial(position, inner)
        default: false
        }
    }

    private mutating func awaitRevert(_ position: Int, _ problem: NodeProblem, at time: Timestamp) -> RolloutEffect {
        let effect = enter(position, .awaitingRevert(problem, deadline: revertDeadline(time)))
        stopIfSpent(after: position)
        return effect
    }

    /// What went wrong first is what the node ends with.
    private mutating func failedToRevert(
        _ position: Int, _ earlier: NodeProblem, _ failure: Outcome.Failure
    ) -> [RolloutEffect] {
        var problem = earlier
        problem.evidence += failure.evidence
        guard failure.error.code != "node-untouched" else {
            noteHostAsBefore(position)
            let effect = enter(position, leaving(nodes[position], .failed(problem)))
            stopIfSpent(after: position)
            return [effect]
        }
        if failure.error != earlier.error { problem.error.message += " " + failure.error.message }
        problem.error.advice = failure.error.advice ?? problem.error.advice
        // One that never went down may still do so, and its guard stays for that.
        if failure.isContactLost || failure.error.code == "node-did-not-reboot" {
            problem.leftLocked = true
            return end(position, .lost(problem))
        }
        let effect = enter(position, leaving(nodes[position], .failed(problem)))
        stopIfSpent(after: position)
        return [effect]
    }

    /// Left alone after all, it is as its earlier try left it.
    private mutating func recall(_ position: Int, _ result: NodeResult) {
        if result == nodes[position].earlierResult { nodes[position].recallEarlierTry() }
    }

    /// A look that waits for the node has tried long enough already.
    private func mayRetry(_ position: Int, _ step: NodeStep) -> Bool {
        switch step {
        case .awaitingReturn, .awaitingRevert, .recovering: false
        default: nodes[position].retries < Self.patience
        }
    }

    private mutating func end(_ position: Int, _ result: NodeResult) -> [RolloutEffect] {
        nodes[position].state = .ended(result.naming(nodes[position].remains))
        changed.insert(position)
        if !result.isGood { stopIfSpent(after: position) }
        return []
    }

    mutating func stopIfSpent(after position: Int) {
        if !isStopping, isBudgetSpent { phase = .stopping(.failure(of: nodes[position].node)) }
    }

    private var isStopping: Bool {
        if case .stopping = phase { true } else { false }
    }

    /// Makes `step` the node's step and gives its effect.
    mutating func enter(_ position: Int, _ step: NodeStep, isRepeat: Bool = false) -> RolloutEffect {
        nodes[position].attempt = isRepeat ? nodes[position].attempt + 1 : 1
        if !isRepeat { nodes[position].retries = 0 }
        nodes[position].state = .active(step)
        if case .settingGuest(let index) = step { noteStripped(position, index) }
        if step == .holdingCluster { nodes[position].hold?.isBegun = true }
        changed.insert(position)
        return .node(NodeEffect(id: effectID(position, step), action: action(step, nodes[position])))
    }

    /// What is being done to nodes now, for who begins to watch.
    public var underWay: [NodeEffect] {
        nodes.indices.compactMap { position in
            nodes[position].state.step.map {
                NodeEffect(id: effectID(position, $0), action: action($0, nodes[position]))
            }
        }
    }

    private func action(_ step: NodeStep, _ run: NodeRun) -> NodeEffect.Action {
        let (work, stays) = (run.work, run.stays ?? [])
        return switch step {
        case .locking, .relocking: .lock
        // As above: without a debt it looks at the node all the same.
        case .reviewingDebt: run.debt.map { .reviewDebt($0) } ?? .checkAgain
        case .checking: run.maybeHalfDone ? .checkAgain : .check
        case .arming: .arm(withinSeconds: max(1, settings.confirmWithinSeconds ?? 1))
        case .writing: .write
        // An index that does not fit (a damaged row) proves instead of running something; `check()` reports it.
        case .rebuilding(let index):
            work.commands.indices.contains(index) ? .run(work.commands[index]) : .proveDisk(nil)
        case .provingDisk: .proveDisk(run.hold)
        case .rebooting(let boot): run.attempt == 1 ? .reboot(from: boot) : .rebootAgain(from: boot, run.hold)
        case .awaitingReturn(let boot, let deadline): .awaitReturn(from: boot, deadline: deadline)
        case .provingBoot: .proveBoot
        case .confirming(let boot, let deadline): .confirm(boot, deadline: deadline)
        case .awaitingRevert(let problem, let deadline): .awaitRevert(because: problem, deadline: deadline)
        case .settingGuest(let index): work.guests.indices.contains(index) ? .setGuest(work.guests[index]) : .readBack
        case .readingBack: .readBack
        case .holdingCluster: run.hold.map { .holdCluster($0) } ?? .readBack
        case .releasingCluster: run.hold.map { .releaseCluster($0) } ?? .readBack
        case .awaitingHome: run.hold.map { .awaitHome($0) } ?? .readBack
        case .notingGuests: .noteGuests(neighbours(of: run))
        case .evacuating(let index):
            stays.departures.indices.contains(index) ? .evacuate(stays.departures[index]) : .evacuate([])
        case .resettingGuest(let index, _):
            work.guests.indices.contains(index) ? .resetGuest(work.guests[index]) : .readBack
        case .returning(let index, _): stays.indices.contains(index) ? .bringBack(stays[index]) : .readBack
        case .unlocking: .unlock
        case .recovering(_, let deadline): .recover(deadline: deadline)
        }
    }
}

extension NodeProblem {
    /// A node that was given up as lost and is back as it was needs no look at its console.
    fileprivate var ofReverted: NodeProblem {
        guard ["await-return", "recover-reboot"].contains(step) else { return self }
        var problem = self
        problem.error.advice =
            "It is back as it was. If it boots slowly, raise return-within and confirm-within; else see what `plan` foresees for its network."
        return problem
    }
}
