public import Fleet
internal import GRDB

/// One line of the audit log.
public struct AuditEntry: Hashable, Sendable {
    public var at: Timestamp
    /// The person or program, as the command line names it.
    public var actor: String
    /// Kebab-case and stable: `inventory-import`, `rollout-create`, `lease-take`, …
    public var action: String
    public var subject: String
    /// A JSON object.
    public var detail: String
}

extension Store {
    /// The audit log from its beginning.
    public func auditLog() async throws(FleetError) -> [AuditEntry] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT at, actor, action, subject, detail FROM audit ORDER BY id").map {
                AuditEntry(
                    at: Timestamp(milliseconds: $0[0]), actor: $0[1], action: $0[2], subject: $0[3], detail: $0[4])
            }
        }
    }

    static func appendAudit(
        _ action: String, subject: String, detail: some Encodable, at time: Timestamp, by actor: String,
        _ db: Database
    ) throws {
        try db.execute(
            sql: "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?, ?, ?, ?, ?)",
            arguments: [time.milliseconds, actor, action, subject, try Document.text(detail)])
    }
}
