public import Fleet
internal import GRDB

extension Store {
    /// The nodes that other roll-outs which have not ended have under way or have lost, and that share a limit with nodes
    /// of this one: its cluster, or a label that either has a limit for. In order.
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
        guard !begun.isEmpty else { return }
        let unknown = Set(try nodesElsewhere(than: rollout, db)).subtracting(rollout.elsewhere)
        if unknown.contains(where: { begun.contains(where: $0.concerns) }) { throw uninformed(rollout.id) }
    }

    private static func nodesElsewhere(than rollout: Rollout, _ db: Database) throws -> [NodeElsewhere] {
        let others = try db.cachedStatement(
            sql: "SELECT EXISTS (SELECT 1 FROM rollout WHERE is_finished = 0 AND id <> ?)")
        guard try Bool.fetchOne(others, arguments: [rollout.id.description]) == true else { return [] }
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT rollout, state, description FROM rollout_node JOIN rollout ON rollout.id = rollout
                JOIN node ON node.id = node_id
                WHERE is_finished = 0 AND rollout <> ?
                AND (state -> '$.state.active' IS NOT NULL OR state -> '$.state.ended._0.lost' IS NOT NULL)
                """, arguments: [rollout.id.description])
        guard !rows.isEmpty else { return [] }
        var neighbours = Neighbours(of: rollout)
        return try rows.compactMap { try neighbours.elsewhere($0, db) }.sorted()
    }

    /// What nodes of a roll-out share with those of others.
    private struct Neighbours {
        private let rollout: Rollout
        private let domains: Set<FailureDomain>
        private var others: [RolloutID: Rollout] = [:]
        /// Of the roll-out's nodes, by their labels' values; read only where another roll-out has a limit for a label.
        private var labelled: [FailureDomain: [NodeName]]?

        init(of rollout: Rollout) {
            self.rollout = rollout
            domains = Set(rollout.nodes.filter(\.hasWork).flatMap(\.domains))
        }

        /// Nil = the node in this row shares nothing with them.
        mutating func elsewhere(_ row: Row, _ db: Database) throws -> NodeElsewhere? {
            let text: String = row[0]
            guard let id = RolloutID(text) else { throw StoreFailure.unreadable("roll-out", "its id is “\(text)”") }
            let run: NodeRun = try Document.value(row[1], "roll-out \(id)")
            let node: Node = try Document.value(row[2], "node \(run.node)")
            // Its own roll-out may have no limit for a label that this one has a limit for, and the other way round.
            let own = FailureDomain.domains(of: node, cluster: nil, rollout.settings)
            let shared = (own + run.domains.filter { $0.label == nil }).filter(domains.contains)
            let limits = try limits(of: run, in: id, db)
            guard !shared.isEmpty || !limits.isEmpty else { return nil }
            let more = limits.map(\.domain).filter { !shared.contains($0) }
            return NodeElsewhere(
                rollout: id, node: run.node, domains: shared + more, limits: limits.isEmpty ? nil : limits)
        }

        private mutating func limits(of run: NodeRun, in id: RolloutID, _ db: Database) throws -> [NodeElsewhere.Limit]
        {
            let labels = run.domains.filter { $0.label != nil }
            guard !labels.isEmpty else { return [] }
            let other = try others[id] ?? Store.fetchRollout(id, db).rollout
            others[id] = other
            return try labels.compactMap { domain in
                guard let count = other.limit(of: domain) else { return nil }
                let nodes = try nodes(in: domain, db)
                return nodes.isEmpty ? nil : .init(domain: domain, count: count, nodes: nodes)
            }
        }

        private mutating func nodes(in domain: FailureDomain, _ db: Database) throws -> [NodeName] {
            let all = try labelled ?? Self.byLabel(rollout, db)
            labelled = all
            return all[domain] ?? []
        }

        private static func byLabel(_ rollout: Rollout, _ db: Database) throws -> [FailureDomain: [NodeName]] {
            let names = Set(rollout.nodes.filter(\.hasWork).map(\.node))
            var found: [FailureDomain: [NodeName]] = [:]
            for text in try String.fetchAll(db, sql: "SELECT description FROM node ORDER BY name") {
                let node: Node = try Document.value(text, "a node")
                guard names.contains(node.name) else { continue }
                for (key, value) in node.labels {
                    found[FailureDomain(label: key, value: value), default: []].append(node.name)
                }
            }
            return found
        }
    }

    private static func uninformed(_ id: RolloutID) -> FleetError {
        FleetError("rollout-uninformed", "The roll-out \(id) has to look for orders and for other roll-outs first.")
    }
}
