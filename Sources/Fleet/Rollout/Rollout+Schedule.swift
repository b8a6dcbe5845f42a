extension Rollout {
    /// What may begin now. Called after every accepted event; the only place where nodes leave the queue.
    mutating func schedule(at time: Timestamp) -> [RolloutEffect] {
        switch phase {
        case .running: return advance(at: time)
        case .draining:
            if isIdle { phase = queue.isEmpty ? .ended(ending) : .suspended }
        case .stopping(let reason):
            if isIdle { holdTheRest(reason) }
        case .pausing, .waiting, .suspended:
            // The last node that waited may have been skipped.
            if queue.isEmpty { phase = .ended(ending) }
        case .ready, .ended: break
        }
        return []
    }

    private var isIdle: Bool { standing.active.isEmpty }

    private var queue: [Int] { standing.queued }

    private var ending: Ending { failures.isEmpty ? .completed : .completedWithFailures }

    /// Nodes of the wave under way as the limits allow, or else the next wave.
    private mutating func advance(at time: Timestamp) -> [RolloutEffect] {
        let queue = queue
        // Nodes are in order of their waves; those taken up again come before them, and go with the wave under way.
        guard let next = queue.first.map({ turn(of: nodes[$0]) }) else {
            if isIdle { phase = .ended(ending) }
            return []
        }
        guard next != wave else { return admit(queue, at: time) }
        guard isIdle else { return [] }
        let pause = waves.isCanary(wave) ? settings.soakSeconds ?? settings.pauseSeconds : settings.pauseSeconds
        // The wave is counted up when its pause begins, so it begins without another one.
        wave = next
        guard pause > 0 else { return admit(queue, at: time) }
        let until = time.adding(seconds: pause)
        phase = .pausing(until: until)
        return [.wake(until)]
    }

    private mutating func admit(_ queue: [Int], at time: Timestamp) -> [RolloutEffect] {
        var window = Window(of: self)
        var hours = OpenHours(of: self, at: time)
        var effects: [RolloutEffect] = []
        for position in queue {
            guard window.isOpen, turn(of: nodes[position]) == wave else { break }
            guard hours.allow(nodes[position]), window.take(nodes[position]) else { continue }
            effects.append(enter(position, .locking))
        }
        if effects.isEmpty, isIdle, let opening = hours.next {
            phase = .waiting(until: opening)
            effects = [.wake(opening)]
        } else if effects.isEmpty, isIdle, !elsewhere.isEmpty {
            phase = .waiting(until: .endOfTime)
        }
        return effects
    }

    private mutating func holdTheRest(_ reason: Stop) {
        for position in queue {
            nodes[position].endUntouched(.held)
            changed.insert(position)
        }
        phase = .ended(.stopped(reason))
    }

    /// The wave that a node goes with: its own, or the one under way where it is taken up again after that.
    func turn(of run: NodeRun) -> Int { run.tries > 1 ? max(run.wave, wave) : run.wave }

    var waves: Waves { Waves(of: workCount, settings) }

    /// The nodes that failed, are lost or have put themselves back, or will be as soon as they are unlocked.
    var failures: [NodeRun] {
        nodes.filter { run in
            switch run.state {
            case .ended(let result): !result.isGood
            // Where only the answer was lost, it may be confirmed.
            case .active(.awaitingRevert(let problem, _)): !["confirm", "recover-confirm"].contains(problem.step)
            case .active(let step): step.outcome?.isGood == false
            case .leftAlone, .queued: false
            }
        }
    }

    /// Whether more has failed than may.
    var isBudgetSpent: Bool {
        let (failures, waves) = (failures, waves)
        return failures.count > max(0, settings.failureBudget) || failures.contains { waves.isCanary($0.wave) }
    }
}

/// How many more nodes may be under way.
private struct Window {
    private let limits: DomainLimits
    private var free: Int
    private var active: [FailureDomain: Int] = [:]
    /// Clusters of which another roll-out has a member under way: what it finds there must not change meanwhile.
    private var closed: Set<FailureDomain> = []
    /// What other roll-outs allow of labels, while they have nodes of them under way.
    private var others: [OthersLimit] = []

    private struct OthersLimit {
        let nodes: Set<NodeName>
        var free: Int
    }

    init(of rollout: Rollout) {
        limits = rollout.limits
        free = rollout.waves.limit(in: rollout.wave)
        others = Self.others(rollout.elsewhere)
        for position in rollout.standing.active { count(rollout.nodes[position]) }
        for domain in rollout.elsewhere.flatMap(\.domains) {
            if domain.label == nil { closed.insert(domain) } else { active[domain, default: 0] += 1 }
        }
    }

    var isOpen: Bool { free > 0 }

    /// Counts a node in if there is room for it.
    mutating func take(_ run: NodeRun) -> Bool {
        guard isOpen, closed.isDisjoint(with: run.domains),
            run.domains.allSatisfy({ active[$0, default: 0] < limits[$0] }),
            others.allSatisfy({ $0.free > 0 || !$0.nodes.contains(run.node) })
        else { return false }
        count(run)
        return true
    }

    private mutating func count(_ run: NodeRun) {
        free -= 1
        for domain in run.domains { active[domain, default: 0] += 1 }
        for index in others.indices where others[index].nodes.contains(run.node) { others[index].free -= 1 }
    }

    /// Each limit of each other roll-out once, less what that one has under way itself.
    private static func others(_ elsewhere: [NodeElsewhere]) -> [OthersLimit] {
        var limits: [RolloutID: [NodeElsewhere.Limit: Int]] = [:]
        for node in elsewhere {
            for limit in node.limits ?? [] { limits[node.rollout, default: [:]][limit, default: limit.count] -= 1 }
        }
        return limits.values.flatMap(\.self).map { OthersLimit(nodes: Set($0.key.nodes), free: $0.value) }
    }
}
