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

    /// One guest that does not come back keeps no other down. A node that can't be talked to is not asked further.
    mutating func failedToReturn(
        _ position: Int, _ index: Int, _ result: NodeResult, _ problem: NodeProblem, _ failure: Outcome.Failure
    ) -> RolloutEffect {
        let worse = result.worsened(by: problem)
        let step = failure.isContactLost ? .unlocking(then: worse) : returning(index + 1, nodes[position], worse)
        let effect = enter(position, step)
        stopIfSpent(after: position)
        return effect
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
