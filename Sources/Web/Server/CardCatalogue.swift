internal import Fleet
internal import Forms
internal import Store

/// The cards of the fleet. Reading answers costs a moment each, so only those that changed since are read again.
actor CardCatalogue {
    private let store: Store
    private var known: [NodeName: (answer: Int64, host: GPUSurvey.Host)] = [:]
    private var refreshing: Task<[GPUSurvey.Host], any Error>?

    init(store: Store) { self.store = store }

    /// Of the nodes in the inventory that ever answered, in its order.
    func hosts() async throws -> [GPUSurvey.Host] {
        if let refreshing { return try await refreshing.value }
        let task = Task { try await refresh() }
        refreshing = task
        defer { refreshing = nil }
        return try await task.value
    }

    /// Of one node, without waiting for the others.
    func cards(of node: NodeName) async throws -> [GPUReport] {
        try await learn([node], try await store.currentAnswers())
        return known[node]?.host.cards ?? []
    }

    private func learn(_ nodes: [NodeName], _ answers: [NodeName: CurrentAnswer]) async throws {
        let changed = nodes.filter { node in answers[node].map { $0.id != known[node]?.answer } ?? false }
        for host in try await GPUSurvey.read(changed, from: store, keepingFacts: false).hosts {
            known[host.node] = answers[host.node].map { ($0.id, host) }
        }
    }

    private func refresh() async throws -> [GPUSurvey.Host] {
        let nodes = try await store.nodes().map(\.name)
        let answers = try await store.currentAnswers()
        try await learn(nodes, answers)
        known = known.filter { answers[$0.key] != nil }
        return nodes.compactMap { node in
            guard var host = known[node]?.host, let answer = answers[node] else { return nil }
            host.seen = answer.lastSeen
            return host
        }
    }
}
