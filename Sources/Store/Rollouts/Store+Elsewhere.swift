public import Fleet
internal import GRDB

extension Store {
    /// The nodes that other roll-outs which have not ended have under way or have lost, and that share a limit with nodes
    /// of this one: its cluster, or a label that this one has a limit for. In order.
    public func nodesElsewhere(than rollout: Rollout) async throws(FleetError) -> [NodeElsewhere] {
        try await read { try Self.nodesElsewhere(than: rollout, $0) }
    }

    /// What begins a node or ends the roll-out knows all orders and all that others have under way, or is not kept: two
    /// roll-outs can't begin members of one cluster at the same moment, because one of them writes first.
    /// Fails with `rollout-uninformed`.
    static func refuseUninformed(_ event: RolloutEvent, _ rollout: Rollout, _ db: Database) throws {
        let begun = rollout.begun
        guard !begun.isEmpty || rollout.isEnded else { return }
        if event.order == nil, try !openOrders(of: rollout.id, db).isEmpty { throw uninformed(rollout.id) }
        let domains = Set(begun.flatMap(\.domains))
        guard !domains.isEmpty else { return }
        let unknown = Set(try nodesElsewhere(than: rollout, db)).subtracting(rollout.elsewhere)
        if unknown.contains(where: { !domains.isDisjoint(with: $0.domains) }) { throw uninformed(rollout.id) }
    }

    private static func nodesElsewhere(than rollout: Rollout, _ db: Database) throws -> [NodeElsewhere] {
        let others = try db.cachedStatement(
            sql: "SELECT EXISTS (SELECT 1 FROM rollout WHERE is_finished = 0 AND id <> ?)")
        guard try Bool.fetchOne(others, arguments: [rollout.id.description]) == true else { return [] }
        let domains = Set(rollout.nodes.filter(\.hasWork).flatMap(\.domains))
        guard !domains.isEmpty else { return [] }
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT rollout, state, description FROM rollout_node JOIN rollout ON rollout.id = rollout
                JOIN node ON node.id = node_id
                WHERE is_finished = 0 AND rollout <> ?
                AND (state -> '$.state.active' IS NOT NULL OR state -> '$.state.ended._0.lost' IS NOT NULL)
                """, arguments: [rollout.id.description])
        return try rows.compactMap { try nodeElsewhere($0, domains, rollout.settings) }.sorted()
    }

    private static func nodeElsewhere(
        _ row: Row, _ domains: Set<FailureDomain>, _ settings: RolloutSettings
    ) throws -> NodeElsewhere? {
        let id: String = row[0]
        guard let other = RolloutID(id) else { throw StoreFailure.unreadable("roll-out", "its id is “\(id)”") }
        let run: NodeRun = try Document.value(row[1], "roll-out \(id)")
        let node: Node = try Document.value(row[2], "node \(run.node)")
        // Its own roll-out may have no limit for a label.
        let own = FailureDomain.domains(of: node, cluster: nil, settings) + run.domains.filter { $0.label == nil }
        let shared = own.filter(domains.contains)
        return shared.isEmpty ? nil : NodeElsewhere(rollout: other, node: run.node, domains: shared)
    }

    private static func uninformed(_ id: RolloutID) -> FleetError {
        FleetError("rollout-uninformed", "The roll-out \(id) has to look for orders and for other roll-outs first.")
    }
}
