public import Fleet
import Foundation
internal import GRDB

extension Store {
    /// The audit log, oldest first; only the last `count` lines when given.
    public func auditLog(latest count: Int? = nil) async throws(FleetError) -> [AuditEntry] {
        try await read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT * FROM (SELECT \(Self.auditColumns) FROM audit ORDER BY id DESC LIMIT ?) ORDER BY id",
                arguments: [count ?? -1])
            return try rows.map(Self.auditEntry)
        }
    }

    /// Writes down what somebody did outside the database: `host-key-record`, …
    public func note(
        _ action: String, subject: String, detail: [String: String] = [:], at time: Timestamp, by actor: String
    ) async throws(FleetError) {
        try await write { try Self.appendAudit(action, subject: subject, detail: detail, at: time, by: actor, $0) }
    }

    static func appendAudit(
        _ action: String, subject: String, detail: some Encodable, at time: Timestamp, by actor: String,
        _ db: Database
    ) throws {
        let last = try Row.fetchOne(db, sql: "SELECT id, digest FROM audit ORDER BY id DESC LIMIT 1")
        var chain = AuditChain(head: try last.map { try ContentDigest(blob: $0[1], of: "audit log") })
        let number = (last?[0] ?? 0) + 1
        let content = AuditEntry.Content(
            number: number, at: time.milliseconds, actor: actor, action: action, subject: subject,
            detail: try Document.text(detail))
        try insertAudit(content, try chain.append(content), db)
    }

    static func insertAudit(_ content: AuditEntry.Content, _ digest: ContentDigest, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)").execute(arguments: [
            content.number, content.at, content.actor, content.action, content.subject, content.detail, digest.blob,
        ])
    }

    static let auditColumns = "id, at, actor, action, subject, detail, digest"

    static func auditEntry(_ row: Row) throws -> AuditEntry {
        AuditEntry(
            number: row[0], at: Timestamp(milliseconds: row[1]), actor: row[2], action: row[3], subject: row[4],
            detail: row[5], digest: try ContentDigest(blob: row[6], of: "line \(row[0] as Int) of the audit log"))
    }
}
