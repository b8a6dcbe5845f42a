extension Rollout {
    /// Takes an event, or says why not. After a rejection the roll-out is as it was.
    public mutating func handle(_ event: RolloutEvent) -> Transition {
        if let reason = reject(event.kind) { return .rejected(reason) }
        changed = []
        let isForbidding = isForbidding(event.kind)
        var effects: [RolloutEffect] = []
        switch event.kind {
        case .override, .refused: break
        case .owed(let debts): takeOver(debts)
        case .start: phase = .running
        case .resume: effects += resume(at: event.at)
        case .finished(let id, let outcome): effects += finish(id, outcome, at: event.at)
        case .tick: effects += tick(at: event.at)
        case .suspend: phase = .draining
        case .abort: phase = .stopping(.aborted)
        case .skip(let node): skip(node)
        case .retry(let node): retry(node)
        case .elsewhere(let others): note(others)
        }
        standing.update(changed, nodes)
        if !isForbidding { effects += schedule(at: event.at) }
        standing.update(changed, nodes)
        for position in changed { nodes[position].stamp(event.at) }
        return .accepted(effects)
    }

    /// What is only written down, or forbids something, begins nothing: another one that was given with it may forbid more.
    private func isForbidding(_ event: RolloutEvent.Kind) -> Bool {
        switch event {
        case .refused: true
        case .elsewhere(let others): isMore(others)
        case .skip: !standing.active.isEmpty
        default: false
        }
    }

    private func reject(_ event: RolloutEvent.Kind) -> String? {
        switch (event, phase) {
        case (_, .ended): "The roll-out has ended."
        case (.start, .ready), (.override, .ready), (.owed, .ready): nil
        case (.override, _), (.owed, _): "The roll-out has begun already."
        case (.refused, _), (.elsewhere, _): nil
        case (.start, _): "The roll-out has begun already."
        case (.resume, _): nil
        case (.suspend, .ready): "The roll-out has not begun."
        case (.tick, .pausing), (.tick, .waiting): nil
        case (.tick, _): "Nobody waits for the time."
        case (.suspend, .running), (.suspend, .pausing), (.suspend, .waiting): nil
        case (.suspend, _): "The roll-out is stopping already."
        case (.abort, .stopping): "The roll-out is stopping already."
        case (.abort, _): nil
        case (.skip(let node), _): RolloutOrder.skip(node).refusal(by: self[node], after: [])
        case (.retry, .stopping): "The roll-out is stopping, so nothing is taken up again."
        case (.retry(let node), _): RolloutOrder.retry(node).refusal(by: self[node], after: [])
        case (.finished(let id, let outcome), _): reject(id, outcome)
        }
    }

    /// Only the effect that a node waits for can finish; what is late or repeated is recognised by its id.
    private func reject(_ id: EffectID, _ outcome: Outcome) -> String? {
        guard id.rollout == self.id, let position = positions[id.node] else {
            return "The roll-out has no such node: \(id)."
        }
        guard case .active(let step) = nodes[position].state, effectID(position, step) == id else {
            return "Nobody waits for \(id)."
        }
        switch (step, outcome) {
        case (.provingDisk, .done) where nodes[position].work.reboots, (.awaitingReturn, .done), (.recovering, .done),
            (.awaitingRevert, .done):
            return "\(id) must tell the boot it saw."
        case (.awaitingReturn(let from, _), .seen(let boot)) where boot == from:
            return "\(id) saw the boot from before the reboot."
        case (.awaitingRevert, .seen(let boot)) where boot == nodes[position].bootBefore:
            return "\(id) saw a boot that can't have been confirmed."
        case (.reviewingDebt, .reviewed): return nil
        case (.reviewingDebt, .done): return "\(id) must tell what is still owed."
        case (_, .reviewed): return "\(id) can't have reviewed a debt."
        case (.notingGuests, .noted): return nil
        case (.notingGuests, .done): return "\(id) must tell which guests run."
        case (_, .noted): return "\(id) can't have noted guests."
        case (.checking, .foundCluster): return nil
        case (_, .foundCluster): return "\(id) can't have looked at the cluster."
        case (.awaitingRevert, .reverted): return nil
        case (_, .reverted): return "\(id) can't have put the node back."
        default: return nil
        }
    }

    private mutating func skip(_ node: NodeName) {
        guard let position = positions[node] else { return }
        nodes[position].endUntouched(.skipped)
        changed.insert(position)
        // It counts again among those that failed.
        stopIfSpent(after: position)
    }

    private mutating func retry(_ node: NodeName) {
        guard let position = positions[node] else { return }
        nodes[position].takeUpAgain(in: id)
        changed.insert(position)
        // It may be begun earlier than those that wait.
        if case .waiting = phase { phase = .running }
    }

    private mutating func tick(at time: Timestamp) -> [RolloutEffect] {
        switch phase {
        case .pausing(let until), .waiting(let until):
            guard time >= until else { return until == .endOfTime ? [] : [.wake(until)] }
            phase = .running
        default: break
        }
        return []
    }

    /// Nodes in mid-step are looked at before they go on.
    private mutating func resume(at time: Timestamp) -> [RolloutEffect] {
        var effects: [RolloutEffect] = []
        switch phase {
        // What it waits for is looked up again: the clocks of this machine may be others.
        case .ready, .suspended, .draining, .waiting: phase = .running
        case .pausing(let until): effects.append(.wake(until))
        case .running, .stopping, .ended: break
        }
        for position in nodes.indices {
            guard case .active(let step) = nodes[position].state else { continue }
            effects.append(reissue(position, step, at: time))
        }
        return effects
    }

    /// Issues a step's effect again, with a look before it where the node's state decides how it goes on.
    mutating func reissue(_ position: Int, _ step: NodeStep, at time: Timestamp) -> RolloutEffect {
        switch step {
        case .awaitingReturn, .awaitingRevert, .unlocking: enter(position, step, isRepeat: true)
        case .recovering(let inner, _):
            enter(position, .recovering(inner, deadline: returnDeadline(time)), isRepeat: true)
        default: enter(position, .recovering(step, deadline: returnDeadline(time)), isRepeat: true)
        }
    }

    func returnDeadline(_ time: Timestamp) -> Timestamp {
        time.adding(seconds: max(1, settings.returnWithinSeconds))
    }

    /// From the moment the node was last known to be well: its own deadline, and the boots before and after it.
    func revertDeadline(_ time: Timestamp) -> Timestamp {
        returnDeadline(time).adding(seconds: max(0, settings.confirmWithinSeconds ?? 0))
    }

    /// Whether the node puts itself back unless its reboot is confirmed.
    func isGuarded(_ run: NodeRun) -> Bool { run.work.reboots && settings.confirmWithinSeconds != nil }

    /// The id of the effect that a node in this step waits for.
    func effectID(_ position: Int, _ step: NodeStep) -> EffectID {
        let run = nodes[position]
        return EffectID(
            rollout: id, node: run.node, step: step.name, attempt: run.attempt,
            tryNumber: run.tries > 1 ? run.tries : nil)
    }
}
