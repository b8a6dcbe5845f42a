package import Fleet
package import Store

/// What roll-outs did to a node: its guard and its lock, as the node tells, and how its last roll-out went, as the
/// database knows.
package struct NodeStanding: Encodable {
    /// Its part of the last roll-out that had work on it.
    package struct LastRollout: Encodable {
        package var id: RolloutID
        /// As in `rollout show --json`.
        package var state: String
        package var step: String?
        package var createdAt: String
        package var error: FleetError?
        package var leftLocked: Bool?
        package var revert: GuardReport?
    }

    /// Absent when nothing was ever guarded, or the node did not tell.
    package var changeGuard: GuardReport?
    package var lock: NodeLock?
    package var lastRollout: LastRollout?

    package init(_ facts: NodeFacts, _ rollouts: [StoredRollout], of node: NodeName) {
        if case .known(let report) = facts.changeGuard, report.phase != .none || !report.record.isEmpty {
            changeGuard = report
        }
        lock = facts.lock.value.flatMap(\.self)
        lastRollout = rollouts.last.flatMap { stored in
            stored.rollout[node].map { run in
                let entry = RolloutDocument.NodeEntry(run)
                return LastRollout(
                    id: stored.rollout.id, state: entry.state, step: entry.step, createdAt: stored.createdAt.iso8601,
                    error: entry.error, leftLocked: entry.leftLocked, revert: entry.revert)
            }
        }
    }
}
