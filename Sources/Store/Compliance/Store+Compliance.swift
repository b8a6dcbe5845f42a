public import Fleet
internal import GRDB

extension Store {
    /// Keeps what looks at nodes said of their rules under a playbook, in one transaction. Returns what stands otherwise than
    /// before, in the nodes' order. Fails with `node-unknown` as a whole.
    ///
    /// What `routes` want to hear of it waits in the outbox from then on, unless somebody answers for it.
    public func record(
        _ looks: [NodeRules], under playbook: String, at time: Timestamp, telling routes: [AlertRoute] = []
    ) async throws(FleetError) -> [RuleChange] {
        try await writeRelaxed { db in
            let changes = try looks.flatMap { try Self.record($0, under: playbook, at: time.milliseconds, db) }
            let exemptions = routes.isEmpty ? [] : try Self.exemptions(countingAt: time, db)
            let items = changes.filter { change in !exemptions.contains { $0.covers(change.subject, at: time) } }
                .compactMap { AlertItem($0) }
            try Self.tell(routes, items, under: playbook, at: time, db)
            return changes
        }
    }

    private static func record(
        _ look: NodeRules, under playbook: String, at time: Int64, _ db: Database
    ) throws -> [RuleChange] {
        let node = try nodeID(look.node, db)
        let standing = try standings(
            "WHERE rule_standing.playbook = ? AND rule_standing.node_id = ? AND ended_at IS NULL", [playbook, node], db)
        try db.cachedStatement(
            sql: """
                INSERT INTO verification VALUES (?, ?, ?, ?) ON CONFLICT (playbook, node_id) DO UPDATE
                SET tried_at = excluded.tried_at, observed_at = coalesce(excluded.observed_at, observed_at)
                """
        ).execute(arguments: [playbook, node, time, look.isObserved ? time : nil])
        try noteLook(at: node, isObserved: look.isObserved, at: time, db)
        let changes = look.changes(from: standing)
        let since = Dictionary(standing.map { ($0.subject, $0.statusSince) }, uniquingKeysWith: { first, _ in first })
        for change in changes {
            try replace(change, since: since[change.subject], of: look, node, under: playbook, at: time, db)
        }
        try renew(look, node, under: playbook, db)
        return changes
    }

    /// - Parameter since: when the status began that stood before.
    private static func replace(
        _ change: RuleChange, since: Timestamp?, of look: NodeRules, _ node: Int64, under playbook: String,
        at time: Int64, _ db: Database
    ) throws {
        let subject = change.subject
        if change.before != nil {
            // A clock that was set back must not make a row that ends before it begins.
            try db.cachedStatement(
                sql: """
                    UPDATE rule_standing SET ended_at = max(first_seen, ?)
                    WHERE playbook = ? AND node_id = ? AND rule = ? AND device = ? AND ended_at IS NULL
                    """
            ).execute(arguments: [time, playbook, node, subject.rule.description, subject.device ?? ""])
        }
        guard let after = change.after else { return }
        try db.cachedStatement(
            sql: """
                INSERT INTO rule_standing
                (playbook, node_id, rule, device, status, message, evidence, settings, first_seen, drift, status_since)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            playbook, node, subject.rule.description, subject.device ?? "", after.status.rawValue, after.message,
            try Document.text(after.evidence), look.settings.blob, time, change.drift?.rawValue,
            change.before?.status == after.status ? since?.milliseconds : nil,
        ])
    }

    /// What is asked by now, so that the next drift is told from it.
    private static func renew(_ look: NodeRules, _ node: Int64, under playbook: String, _ db: Database) throws {
        guard look.isObserved else { return }
        try db.cachedStatement(
            sql: """
                UPDATE rule_standing SET settings = ?
                WHERE playbook = ? AND node_id = ? AND ended_at IS NULL AND settings <> ?
                """
        ).execute(arguments: [look.settings.blob, playbook, node, look.settings.blob])
    }

    /// How every rule stands now, in the inventory's order; of one playbook where it is named. Retired nodes are left out.
    public func currentStandings(under playbook: String? = nil) async throws(FleetError) -> [RuleStanding] {
        try await read { db in
            try Self.standings(
                """
                WHERE ended_at IS NULL AND retired_at IS NULL AND (?1 IS NULL OR rule_standing.playbook = ?1)
                ORDER BY position, name, rule_standing.playbook, rule_standing.id
                """, [playbook], db)
        }
    }

    /// How many rules stand at each node at this moment, in the inventory's order; of one playbook where it is named.
    public func standingCounts(
        under playbook: String? = nil
    ) async throws(FleetError) -> [(node: NodeName, count: Int)] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, count FROM node JOIN (
                        SELECT node_id, count(*) AS count FROM rule_standing
                        WHERE ended_at IS NULL AND (?1 IS NULL OR playbook = ?1) GROUP BY node_id) ON node_id = node.id
                    WHERE retired_at IS NULL ORDER BY position, name
                    """, arguments: [playbook]
            ).map { (try Self.nodeName($0[0]), $0[1]) }
        }
    }

    /// How every rule of these nodes stands now, in the inventory's order; of a few nodes: they are read in one piece.
    public func currentStandings(
        of nodes: [NodeName], under playbook: String? = nil
    ) async throws(FleetError) -> [RuleStanding] {
        try await read { db in
            try Self.standings(
                """
                WHERE ended_at IS NULL AND retired_at IS NULL AND (?1 IS NULL OR rule_standing.playbook = ?1)
                AND node.id IN (SELECT id FROM node WHERE name IN (SELECT value FROM json_each(?2)))
                ORDER BY position, name, rule_standing.playbook, rule_standing.id
                """, [playbook, try Document.text(nodes.map(\.description))], db)
        }
    }

    /// How a node's rules stood over time, the oldest first. Fails with `node-unknown`.
    public func standings(of node: NodeName) async throws(FleetError) -> [RuleStanding] {
        try await read { db in
            try Self.standings(
                "WHERE rule_standing.node_id = ? ORDER BY rule_standing.id", [try Self.nodeID(node, db)], db)
        }
    }

    static func standings(
        _ condition: String, _ arguments: StatementArguments, _ db: Database
    ) throws -> [RuleStanding] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT rule_standing.playbook, name, rule, device, status, message, evidence, settings, first_seen,
                    coalesce(ended_at, CASE rule WHEN 'observed' THEN tried_at ELSE observed_at END, tried_at), ended_at,
                    drift, status_since
                FROM rule_standing JOIN node ON node.id = rule_standing.node_id
                JOIN verification ON verification.playbook = rule_standing.playbook
                AND verification.node_id = rule_standing.node_id
                """ + " " + condition)
        return try Row.fetchAll(statement, arguments: arguments).map(standing)
    }

    private static func standing(_ row: Row) throws -> RuleStanding {
        let (name, rule, status): (String, String, String) = (row[1], row[2], row[4])
        guard let node = NodeName(name), let rule = RuleID(rule), let status = CheckResult.Status(rawValue: status)
        else {
            throw StoreFailure.unreadable("rules of \(name)", "there is a rule “\(rule)” that stands at “\(status)”")
        }
        let (device, ended, drift, since): (String, Int64?, String?, Int64?) = (row[3], row[10], row[11], row[12])
        return RuleStanding(
            playbook: row[0], subject: RuleSubject(node: node, rule: rule, device: device.isEmpty ? nil : device),
            state: RuleState(status, row[5], evidence: try Document.value(row[6], "evidence of \(node)")),
            settings: try ContentDigest(blob: row[7], of: "settings of \(node)"),
            firstSeen: Timestamp(milliseconds: row[8]), statusSince: since.map(Timestamp.init(milliseconds:)),
            lastSeen: Timestamp(milliseconds: max(row[8], row[9])),
            isCurrent: ended == nil, drift: drift.flatMap(Drift.init))
    }
}
