/// What a roll-out's limits come to on the nodes of one plan: one that fits no node, or that no cluster bears, is better known
/// before anything is begun.
public struct RolloutLimits {
    private let settings: RolloutSettings
    private let members: [Member]

    /// A node of the plan.
    public struct Member {
        public var node: Node
        public var plan: NodePlan
        /// Nil = it is in none, or did not tell.
        public var cluster: ClusterFacts?

        public init(node: Node, plan: NodePlan, cluster: ClusterFacts?) {
            self.node = node
            self.plan = plan
            self.cluster = cluster
        }
    }

    /// `members`: the plan's nodes. Those that nothing is done to count for nothing.
    public init(_ settings: RolloutSettings, of members: [Member]) {
        self.settings = settings
        self.members = members.filter { $0.plan.verdict == .change }
    }

    /// Warnings for each node that they are about.
    public var reasons: [NodeName: [Reason]] {
        let unused = unusedLabels.map(unusedReason)
        let clusters = Dictionary(grouping: members) { domain(of: $0) }
        var found: [NodeName: [Reason]] = [:]
        for member in members {
            let peers = domain(of: member).flatMap { clusters[$0]?.count } ?? 1
            let reasons = unused + (clusterReason(member, of: peers).map { [$0] } ?? [])
            if !reasons.isEmpty { found[member.node.name] = reasons }
        }
        return found
    }

    private func domain(of member: Member) -> FailureDomain? {
        FailureDomain.domains(of: member.node, cluster: member.plan.cluster, settings).first { $0.label == nil }
    }

    private var unusedLabels: [String] {
        settings.perLabel.keys.sorted().filter { key in !members.contains { $0.node.labels[key] != nil } }
    }

    private func unusedReason(_ label: String) -> Reason {
        let known = Set(members.flatMap(\.node.labels.keys)).sorted()
        let near = nearest(to: label, in: known).map { " Did you mean “\($0)”?" }
        let names = known.isEmpty ? "They have none." : "There are: \(known.joined(separator: ", "))."
        return .warning(
            .labelLimitUnused,
            "per-label sets a limit for the label “\(label)”, and no node of this plan has it, so nothing is limited."
                + (near ?? " \(names)"))
    }

    /// `count`: members of its cluster that the plan changes, itself included.
    private func clusterReason(_ member: Member, of count: Int) -> Reason? {
        guard member.plan.reboot, let cluster = member.cluster else { return nil }
        let others = min(count, settings.perCluster.of(count)) - 1
        guard others > 0, !cluster.couldBear(theLossOfThisAnd: others) else { return nil }
        let bearable = (0..<others).last { cluster.couldBear(theLossOfThisAnd: $0) } ?? 0
        let name = cluster.name.map { " \($0)" } ?? ""
        return .warning(
            .clusterLimitTooHigh,
            "per-cluster lets \(others + 1) members of the cluster\(name) be away at once, which would take its quorum: the node is going to be refused before its reboot (quorum-at-risk). At most per-cluster: \(bearable + 1) works."
        )
    }
}
