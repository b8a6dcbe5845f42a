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

    /// Absent when nothing was ever guarded, the node did not tell, or what it told is over since.
    package var changeGuard: GuardReport?
    package var lock: NodeLock?
    package var lastRollout: LastRollout?
    /// What roll-outs took away and have not given back; absent = nothing.
    package var debt: DebtEntry?

    /// `seenAt`: when the node told the facts.
    package init(_ facts: NodeFacts, seenAt: Timestamp, _ rollouts: [StoredRollout], of node: NodeName) {
        let over = Set(rollouts.filter { $0.rollout[node]?.hasLeft(since: seenAt) == true }.map(\.rollout.id))
        if case .known(let report) = facts.changeGuard, report.phase != .none || !report.record.isEmpty,
            !report.isUnderWay || !over.contains(where: { $0 == report.rollout })
        {
            changeGuard = report
        }
        lock = facts.lock.value.flatMap(\.self).flatMap { lock in over.contains { $0 == lock.rollout } ? nil : lock }
        debt = rollouts.last.flatMap { stored in
            stored.rollout[node].flatMap { stored.rollout.debt(of: $0) ?? $0.debt }.map(DebtEntry.init)
        }
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

/// What is owed to a node, in `show --json`, `rollout show --json` and `plan --json`.
package struct DebtEntry: Encodable {
    /// The roll-out that left it so.
    package var rollout: RolloutID
    package var since: String?
    /// What is not known to be as before and what to type, as sentences.
    package var remains: String
    var guests: [RolloutDocument.GuestEntry]
    var cluster: RolloutDocument.ClusterEntry?

    package init(_ debt: NodeDebt) {
        rollout = debt.rollout
        since = debt.since?.iso8601
        remains = debt.remains
        guests = debt.stays.map(RolloutDocument.GuestEntry.init)
        cluster = debt.hold.map(RolloutDocument.ClusterEntry.init)
    }
}

extension NodeRun {
    /// Its roll-out was done with it after that, and gave its lock back.
    fileprivate func hasLeft(since time: Timestamp) -> Bool {
        guard let result = state.result, let endedAt else { return false }
        return endedAt >= time && result.problem?.leftLocked != true
    }
}

extension GuardReport {
    fileprivate var isUnderWay: Bool { [.armed, .waiting, .reverting].contains(phase) }
}
