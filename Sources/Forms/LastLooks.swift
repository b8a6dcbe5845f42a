package import Fleet
package import Store

/// When nodes were last looked at, where that is too long ago to tell how they stand now.
package struct LastLooks: Sendable {
    private let looks: [NodeName: [Verification]]
    private let freshness: Freshness

    package init(_ looks: [Verification], _ freshness: Freshness) {
        self.looks = Dictionary(grouping: looks, by: \.node)
        self.freshness = freshness
    }

    package static func read(_ store: Store, at now: Timestamp) async throws(FleetError) -> LastLooks {
        let freshness = Freshness(try await store.schedules(), try await store.nodes(), at: now)
        return LastLooks(try await store.verifications(), freshness)
    }

    /// The last look at a node under a playbook, where the last attempt at one failed, or nobody has tried for too long (see
    /// `Freshness`); nil = it counts, or there never was one.
    package func unseenSince(_ node: NodeName, under playbook: String) -> Timestamp? {
        let all = looks[node] ?? []
        guard let own = all.first(where: { $0.playbook == playbook }), let seen = own.observedAt else { return nil }
        if own.triedAt > seen { return seen }
        // Of a playbook that nobody asks for any more no look is expected.
        guard freshness.staleSince(node, all) != nil else { return nil }
        return freshness.staleSince(node, [own])
    }
}
