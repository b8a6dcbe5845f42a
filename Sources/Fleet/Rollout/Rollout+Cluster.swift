// The cluster is told before a node goes away, and told again when it is back: whatever way the node goes, it leaves through
// `releasingCluster`.

extension Rollout {
    func holdingCluster(_ run: NodeRun) -> NodeStep {
        run.work.reboots && run.hold != nil ? .holdingCluster : notingGuests(run)
    }

    func notingGuests(_ run: NodeRun) -> NodeStep { run.work.evacuates ? .notingGuests : changing(run) }

    func comingHome(_ run: NodeRun, _ result: NodeResult) -> NodeStep {
        run.hold?.isAwaited == true ? .awaitingHome(then: result) : resetting(0, run, result)
    }
}
