public import Fleet
internal import GRDB

/// An exemption as it is kept.
public struct StoredExemption: Hashable, Sendable {
    public var id: Exemption.ID
    public var exemption: Exemption
    public var createdAt: Timestamp
    /// Somebody has taken it back.
    public var withdrawnAt: Timestamp?

    public func covers(_ subject: RuleSubject, at time: Timestamp) -> Bool {
        withdrawnAt == nil && exemption.covers(subject, at: time)
    }
}

extension Store {
    /// Fails with `node-unknown`, with `exemption-expired` for one that would never count, and with `exemption-unexplained`
    /// for one that nobody answers for, or without a reason.
    public func exempt(
        _ exemption: Exemption, at time: Timestamp, by actor: String
    ) async throws(FleetError) -> Exemption.ID {
        try await write { db in
            guard exemption.expiresAt > time else {
                throw FleetError(
                    "exemption-expired", "The exemption would have expired before it begins.",
                    advice: "Name a day that is still to come.")
            }
            guard exemption.isExplained else {
                throw FleetError(
                    "exemption-unexplained", "An exemption needs a reason and somebody who answers for it.",
                    advice: "Say why in words that still tell something when it ends.")
            }
            try db.execute(
                sql: """
                    INSERT INTO exemption (node_id, rule, device, owner, reason, created_at, expires_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    try Self.nodeID(exemption.node, db), exemption.rule?.description, exemption.device,
                    exemption.owner, exemption.reason, time.milliseconds, exemption.expiresAt.milliseconds,
                ])
            let id = Exemption.ID(rawValue: db.lastInsertedRowID)
            try Self.appendAudit(
                "exemption-grant", subject: exemption.node.description, detail: exemption, at: time, by: actor, db)
            return id
        }
    }

    /// Fails with `exemption-unknown`. Without effect where it was withdrawn before.
    public func withdraw(_ id: Exemption.ID, at time: Timestamp, by actor: String) async throws(FleetError) {
        try await write { db in
            guard let stored = try Self.exemptions("WHERE exemption.id = ?", [id.rawValue], db).first else {
                throw FleetError(
                    "exemption-unknown", "There is no exemption \(id.rawValue).",
                    advice: "vfiofleet exemption list shows them.")
            }
            guard stored.withdrawnAt == nil else { return }
            try db.execute(
                sql: "UPDATE exemption SET withdrawn_at = ? WHERE id = ?", arguments: [time.milliseconds, id.rawValue])
            try Self.appendAudit(
                "exemption-withdraw", subject: stored.exemption.node.description, detail: ["id": id.rawValue],
                at: time, by: actor, db)
        }
    }

    /// Those that may count at `time`, or all there ever were; the oldest first.
    public func exemptions(countingAt time: Timestamp? = nil) async throws(FleetError) -> [StoredExemption] {
        try await read { try Self.exemptions(countingAt: time, $0) }
    }

    static func exemptions(countingAt time: Timestamp?, _ db: Database) throws -> [StoredExemption] {
        try exemptions("WHERE ?1 IS NULL OR (withdrawn_at IS NULL AND expires_at > ?1)", [time?.milliseconds], db)
    }

    static func exemptions(
        _ condition: String, _ arguments: StatementArguments, _ db: Database
    ) throws -> [StoredExemption] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT exemption.id, name, rule, device, owner, reason, expires_at, created_at, withdrawn_at
                FROM exemption JOIN node ON node.id = node_id \(condition) ORDER BY exemption.id
                """, arguments: arguments
        ).map { row in
            let (name, rule): (String, String?) = (row[1], row[2])
            guard let node = NodeName(name), rule == nil || rule.flatMap({ RuleID($0) }) != nil else {
                throw StoreFailure.unreadable("exemption \(row[0] as Int64)", "it is about “\(name)”, “\(rule ?? "")”")
            }
            let withdrawn: Int64? = row[8]
            return StoredExemption(
                id: Exemption.ID(rawValue: row[0]),
                exemption: Exemption(
                    node: node, rule: rule.flatMap { RuleID($0) }, device: row[3], owner: row[4], reason: row[5],
                    expiresAt: Timestamp(milliseconds: row[6])),
                createdAt: Timestamp(milliseconds: row[7]),
                withdrawnAt: withdrawn.map(Timestamp.init(milliseconds:)))
        }
    }
}
