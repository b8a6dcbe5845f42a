// The cluster is told before a node goes away, and told again when it is back: whatever way the node goes, it leaves through
// `releasingCluster`.

extension Rollout {
    func holdingCluster(_ run: NodeRun) -> NodeStep {
        run.work.reboots && run.hold != nil ? .holdingCluster : notingGuests(run)
    }

    func notingGuests(_ run: NodeRun) -> NodeStep { run.work.evacuates ? .notingGuests : changing(run) }

    func comingHome(_ run: NodeRun, _ result: NodeResult) -> NodeStep {
        run.hold?.isAwaited == true ? .awaitingHome(then: result) : returning(0, run, result)
    }

    /// Guests come back all the same. A node that can't be talked to is not asked further.
    mutating func failedToRelease(
        _ position: Int, _ result: NodeResult, _ problem: NodeProblem, _ failure: Outcome.Failure
    ) -> RolloutEffect {
        let worse = result.worsened(by: problem)
        let step = failure.isContactLost ? .unlocking(then: worse) : comingHome(nodes[position], worse)
        return leave(position, step)
    }

    mutating func failedToComeHome(
        _ position: Int, _ result: NodeResult, _ problem: NodeProblem, _ failure: Outcome.Failure
    ) -> RolloutEffect {
        let worse = result.worsened(by: problem)
        return leave(position, failure.isContactLost ? .unlocking(then: worse) : returning(0, nodes[position], worse))
    }

    private mutating func leave(_ position: Int, _ step: NodeStep) -> RolloutEffect {
        let effect = enter(position, step)
        stopIfSpent(after: position)
        return effect
    }
}
