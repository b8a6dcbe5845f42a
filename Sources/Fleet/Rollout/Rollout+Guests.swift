// Guests that ran before run again at the end: whatever way a node goes, it leaves through `returning`.

extension Rollout {
    func evacuating(_ index: Int, _ run: NodeRun) -> NodeStep {
        if index < (run.stays ?? []).departures.count { return .evacuating(index) }
        return changing(run)
    }

    /// Guests are not moved to nodes that may go down before they are home again.
    func neighbours(of run: NodeRun) -> ClusterNeighbours {
        guard let cluster = run.domains.first(where: { $0.label == nil }) else { return ClusterNeighbours() }
        let isAlone = limits[cluster] == 1
        let others = nodes.lazy.filter { $0.node != run.node && $0.domains.contains(cluster) }
        let active = others.filter { $0.state.step != nil }
        let waiting = isAlone ? [] : others.filter { $0.state == .queued || $0.canBeRetried }.map(\.node)
        let away = active.flatMap { $0.stays ?? [] }.filter { $0.target != nil && !$0.isBack }
        return ClusterNeighbours(nodes: active.map(\.node) + waiting, travellers: away.map(\.vm))
    }

    /// The way out of every node that is still there: its cluster first, then its guests.
    func leaving(_ run: NodeRun, _ result: NodeResult) -> NodeStep {
        run.hold?.isOpen == true ? .releasingCluster(then: result) : comingHome(run, result)
    }

    func returning(_ index: Int, _ run: NodeRun, _ result: NodeResult) -> NodeStep {
        index < (run.stays ?? []).count ? .returning(index, then: result) : .unlocking(then: result)
    }

    mutating func setBack(_ position: Int, _ index: Int) {
        guard nodes[position].stays?.indices.contains(index) == true else { return }
        nodes[position].stays?[index].isBack = true
    }

    /// The step after one of these on the way out.
    func goingOut(after step: NodeStep, _ run: NodeRun, _ result: NodeResult) -> NodeStep {
        switch step {
        case .releasingCluster: comingHome(run, result)
        case .awaitingHome: resetting(0, run, result)
        case .resettingGuest(let index, _): resetting(index + 1, run, result)
        case .returning(let index, _): returning(index + 1, run, result)
        case .recovering(let inner, _): goingOut(after: inner, run, result)
        default: .unlocking(then: result)
        }
    }

    /// What can't be put back keeps nothing else from it. A node that can't be talked to is not asked further.
    mutating func failedGoingOut(
        _ position: Int, _ step: NodeStep, _ result: NodeResult, _ problem: NodeProblem, _ failure: Outcome.Failure
    ) -> RolloutEffect {
        let worse = result.worsened(by: problem)
        let next = failure.isContactLost ? .unlocking(then: worse) : goingOut(after: step, nodes[position], worse)
        let effect = enter(position, next)
        stopIfSpent(after: position)
        return effect
    }
}

// An undo has guests give their devices up first. Where the host then stays as it was, they get them back.

extension Rollout {
    func resetting(_ index: Int, _ run: NodeRun, _ result: NodeResult) -> NodeStep {
        guard run.isHostAsBefore == true, result.problem != nil, let stripped = run.stripped,
            let next = run.work.guests.indices.dropFirst(index).first(where: { stripped.contains(run.work.guests[$0]) })
        else { return returning(0, run, result) }
        return .resettingGuest(next, then: result)
    }

    mutating func noteStripped(_ position: Int, _ index: Int) {
        let work = nodes[position].work
        guard work.setsGuestsFirst, work.guests.indices.contains(index) else { return }
        let others = (nodes[position].stripped ?? []).filter { $0 != work.guests[index] }
        nodes[position].stripped = others + [work.guests[index]]
    }

    mutating func noteReset(_ position: Int, _ index: Int) {
        let guests = nodes[position].work.guests
        guard guests.indices.contains(index) else { return }
        nodes[position].stripped?.removeAll { $0 == guests[index] }
        if nodes[position].stripped?.isEmpty == true { nodes[position].stripped = nil }
    }

    /// Nothing of the node itself is changed by this roll-out, or any more.
    mutating func noteHostAsBefore(_ position: Int) {
        guard nodes[position].work.setsGuestsFirst else { return }
        nodes[position].isHostAsBefore = true
    }

    /// Whether a failure of this step, for this reason, leaves the node itself untouched.
    func leavesHost(_ step: NodeStep, _ error: FleetError) -> Bool {
        switch step {
        case .settingGuest, .readingBack: true
        case .writing: error.code == "file-changed-since-plan"
        case .recovering(let inner, _): leavesHost(inner, error)
        default: false
        }
    }
}

extension NodeStep {
    /// Nothing of the node itself was changed when this is done.
    var isBeforeChanges: Bool {
        switch self {
        case .locking, .reviewingDebt, .checking, .arming, .holdingCluster, .notingGuests, .evacuating: true
        default: false
        }
    }
}

extension NodeResult {
    /// What went wrong first is what the node ends with.
    func worsened(by problem: NodeProblem) -> NodeResult {
        guard var first = self.problem else { return .failed(problem) }
        first.error.message += " " + problem.error.message
        first.evidence += problem.evidence
        return with(first)
    }

    /// The same, with what is left to be done said.
    func naming(_ remains: String?) -> NodeResult {
        guard let remains, var problem else { return self }
        problem.error.message += " " + remains
        return with(problem)
    }

    private func with(_ problem: NodeProblem) -> NodeResult {
        switch self {
        case .failed: .failed(problem)
        case .lost: .lost(problem)
        case .reverted: .reverted(problem)
        case .verified, .held, .skipped: self
        }
    }
}
