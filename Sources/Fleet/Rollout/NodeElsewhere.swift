/// A node that another roll-out has under way, or has lost, and that shares a limit with nodes of this one.
public struct NodeElsewhere: Hashable, Sendable, Codable, Comparable {
    public var rollout: RolloutID
    public var node: NodeName
    /// What it shares with nodes of this roll-out. INVARIANT: not empty.
    public var domains: [FailureDomain]

    public init(rollout: RolloutID, node: NodeName, domains: [FailureDomain]) {
        self.rollout = rollout
        self.node = node
        self.domains = domains
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
