/// A node that another roll-out has under way, or has lost, and that shares a limit with nodes of this one.
public struct NodeElsewhere: Hashable, Sendable, Codable, Comparable {
    public var rollout: RolloutID
    public var node: NodeName
    /// What it shares with nodes of this roll-out. INVARIANT: not empty.
    public var domains: [FailureDomain]
    /// What its own roll-out allows of labels that it shares with nodes of this one; nil = it has no limit for any.
    public var limits: [Limit]?

    /// A label's limit in another roll-out.
    public struct Limit: Hashable, Sendable, Codable {
        public var domain: FailureDomain
        /// So many nodes of the domain may be under way, of both roll-outs together.
        public var count: Int
        /// Those of this roll-out that are in it, in order.
        public var nodes: [NodeName]

        public init(domain: FailureDomain, count: Int, nodes: [NodeName]) {
            self.domain = domain
            self.count = count
            self.nodes = nodes
        }
    }

    public init(rollout: RolloutID, node: NodeName, domains: [FailureDomain], limits: [Limit]? = nil) {
        self.rollout = rollout
        self.node = node
        self.domains = domains
        self.limits = limits
    }

    /// Whether a node of this roll-out may have to wait for it.
    public func concerns(_ run: NodeRun) -> Bool {
        run.domains.contains(where: domains.contains) || limits?.contains { $0.nodes.contains(run.node) } == true
    }

    public static func < (a: Self, b: Self) -> Bool { (a.rollout, a.node) < (b.rollout, b.node) }
}

extension Rollout {
    /// The nodes that the last accepted event began.
    public var begun: [NodeRun] {
        changed.lazy.map { nodes[$0] }.filter { $0.state == .active(.locking) && $0.attempt == 1 }
    }

    /// Whether others have at least as much under way as was known.
    func isMore(_ others: [NodeElsewhere]) -> Bool { Set(others).isSuperset(of: elsewhere) }

    mutating func note(_ others: [NodeElsewhere]) {
        let isMore = isMore(others)
        elsewhere = others.sorted()
        // What waits goes on waiting, unless something may have become free.
        if !isMore, case .waiting = phase { phase = .running }
    }
}
