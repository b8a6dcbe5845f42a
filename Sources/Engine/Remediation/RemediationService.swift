public import Fleet
public import Store

/// Makes plans for nodes that somebody changed, as their schedules ask for it.
public struct RemediationService: Sendable {
    private let store: Store
    private let plans: PlanService
    private let time: any TimeSource
    private let routes: @Sendable () -> [AlertRoute]

    /// Who proposes, in the audit log.
    public static func actor(_ schedule: some CustomStringConvertible) -> String { "schedule \(schedule)" }

    public init(
        store: Store, judge: any NodeJudge, time: any TimeSource = SystemTime(),
        routes: @escaping @Sendable () -> [AlertRoute] = { [] }
    ) {
        self.store = store
        plans = PlanService(store: store, judge: judge, time: time)
        self.time = time
        self.routes = routes
    }

    /// Puts plans up for those of `targets` that drifted, by what was seen of them last: one to be approved, one to be
    /// carried out. Nothing is put up twice for the same drift, so this may be repeated.
    public func propose(
        _ schedule: Schedule, _ playbook: Playbook, _ targets: [PlaybookTargets.Target]
    ) async throws(FleetError) -> [Proposal.ID] {
        guard let remediation = schedule.remediation else { return [] }
        let drifted = try await drifted(by: remediation, playbook, Set(targets.map(\.node.name)))
        var made: [Proposal.ID] = []
        for mode in [Remediation.Mode.propose, .apply] {
            let nodes = drifted.filter { $0.value.mode == mode }
            let chosen = targets.filter { nodes[$0.node.name] != nil }
            guard !chosen.isEmpty else { continue }
            let (plan, digest) = try await plans.plan(playbook, for: chosen)
            let items = plan.nodes.filter { $0.plan.verdict == .change }.compactMap { entry in
                nodes[entry.plan.node].map { AlertItem(proposed: $0.cause, mode, digest) }
            }
            // A node that is blocked, or waits for somebody to start a guest, is not put right by a plan.
            guard !items.isEmpty else { continue }
            made.append(
                try await store.propose(
                    digest, for: schedule.name, mode, telling: routes(), items, under: playbook.name, at: time.now(),
                    by: Self.actor(schedule.name)))
        }
        return made
    }

    private func drifted(
        by remediation: Remediation, _ playbook: Playbook, _ names: Set<NodeName>
    ) async throws(FleetError) -> [NodeName: (mode: Remediation.Mode, cause: RuleSubject)] {
        let now = time.now()
        let exemptions = try await store.exemptions(countingAt: now)
        let standings = try await store.currentStandings(under: playbook.name).filter { standing in
            names.contains(standing.subject.node) && standing.state.status == .fail
                && !exemptions.contains { $0.covers(standing.subject, at: now) }
        }
        let latest = try await latestProposals()
        return Dictionary(grouping: standings, by: \.subject.node).compactMapValues { standings in
            let mode = remediation.mode(for: standings)
            guard mode != .never, let newest = standings.map(\.firstSeen).max(),
                let cause = standings.map(\.subject).min()
            else { return nil }
            if let proposed = latest[cause.node], proposed >= newest { return nil }
            return (mode, cause)
        }
    }

    private func latestProposals() async throws(FleetError) -> [NodeName: Timestamp] {
        try await store.proposals().reduce(into: [:]) { latest, proposal in
            for node in proposal.nodes { latest[node] = max(latest[node] ?? proposal.proposedAt, proposal.proposedAt) }
        }
    }
}

extension AlertItem {
    fileprivate init(proposed subject: RuleSubject, _ mode: Remediation.Mode, _ digest: ContentDigest) {
        let approve = "Read it and approve it: vfiofleet apply --plan \(digest.short)."
        self.init(
            .proposed, subject, verdict: "can be put right by a plan",
            message: mode == .apply ? "The plan \(digest.short) is carried out by itself." : approve,
            drift: .corrective)
    }
}
