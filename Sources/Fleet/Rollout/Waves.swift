/// In which order nodes go: canaries alone, then batch by batch, or all others through one window.
struct Waves {
    let canaries: Int
    /// Nodes of each wave after the canaries.
    let size: Int
    let count: Int
    /// Nodes that may be under way at the same time after the canaries.
    let limit: Int

    init(of nodes: Int, _ settings: RolloutSettings) {
        canaries = min(max(0, settings.canaries), nodes)
        let others = nodes - canaries
        limit = (settings.maxUnavailable ?? settings.batch).of(nodes)
        size = settings.maxUnavailable == nil ? limit : max(1, others)
        count = (canaries > 0 ? 1 : 0) + (others + size - 1) / size
    }

    func wave(of position: Int) -> Int {
        if position < canaries { return 0 }
        return (canaries > 0 ? 1 : 0) + (position - canaries) / size
    }

    /// Nodes of this wave that may be under way at the same time.
    func limit(in wave: Int) -> Int { isCanary(wave) ? canaries : limit }

    func isCanary(_ wave: Int) -> Bool { canaries > 0 && wave == 0 }
}

/// What goes down together, or must not: a cluster, or the nodes that share a label's value.
public struct FailureDomain: Hashable, Sendable, Codable {
    /// The label's key; nil = the cluster.
    public var label: String?
    /// The label's value, or the cluster's name.
    public var value: String

    public init(label: String?, value: String) {
        self.label = label
        self.value = value
    }

    /// The domains of a node that these settings set a limit to.
    public static func domains(
        of node: Node, cluster: String?, _ settings: RolloutSettings
    ) -> [FailureDomain] {
        // The names of clusters repeat between sites; where the inventory tells them apart, so do we.
        let names = [node.cluster, cluster].compactMap(\.self)
        let clusters = cluster == nil ? [] : [FailureDomain(label: nil, value: names.joined(separator: "/"))]
        return clusters
            + settings.perLabel.keys.sorted().compactMap { key in
                node.labels[key].map { FailureDomain(label: key, value: $0) }
            }
    }
}

/// How many nodes of each domain may be under way at the same time, at least one.
struct DomainLimits: Sendable, Equatable {
    private let limits: [FailureDomain: Int]

    init(of nodes: [NodeRun], _ settings: RolloutSettings) {
        var sizes: [FailureDomain: Int] = [:]
        for run in nodes where run.hasWork {
            for domain in run.domains { sizes[domain, default: 0] += 1 }
        }
        limits = sizes.reduce(into: [:]) { $0[$1.key] = settings.share(of: $1.key)?.of($1.value) }
    }

    subscript(domain: FailureDomain) -> Int { limits[domain] ?? .max }
}

extension Rollout {
    /// So many of its nodes may be under way in a domain at the same time; nil = it sets no limit there.
    public func limit(of domain: FailureDomain) -> Int? { limits[domain] == .max ? nil : limits[domain] }

    /// Nodes of this one's cluster that may be under way at the same time, itself included.
    public func limitOfCluster(of node: NodeName) -> Int {
        self[node]?.domains.first { $0.label == nil }.map { limits[$0] } ?? .max
    }
}

extension RolloutSettings {
    /// Nil = as many as like.
    fileprivate func share(of domain: FailureDomain) -> Share? {
        guard let label = domain.label else { return perCluster }
        return perLabel[label]
    }
}
