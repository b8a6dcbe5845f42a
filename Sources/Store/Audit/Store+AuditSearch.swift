public import Fleet
internal import GRDB

/// Which lines of the audit log somebody wants to see. Nil = all.
public struct AuditFilter: Hashable, Sendable {
    public var action: String?
    /// A person: also what a process did in that name.
    public var actor: String?
    /// A node: also the roll-outs that were about it.
    public var node: String?

    public init(action: String? = nil, actor: String? = nil, node: String? = nil) {
        self.action = action
        self.actor = actor
        self.node = node
    }
}

extension Store {
    /// A part of the lines that fit, the newest first, and how many fit in all.
    public func auditLog(
        _ filter: AuditFilter, skipping offset: Int, limit: Int
    ) async throws(FleetError) -> (lines: [AuditEntry], count: Int) {
        try await read { db in
            let wanted: StatementArguments = ["action": filter.action, "actor": filter.actor, "node": filter.node]
            let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM audit " + Self.fitting, arguments: wanted)
            let rows = try Row.fetchAll(
                db,
                sql:
                    "SELECT \(Self.auditColumns) FROM audit \(Self.fitting) ORDER BY id DESC LIMIT \(limit) OFFSET \(offset)",
                arguments: wanted)
            return (try rows.map(Self.auditEntry), count ?? 0)
        }
    }

    /// Every action that there is a line of.
    public func auditActions() async throws(FleetError) -> [String] {
        try await read { try String.fetchAll($0, sql: "SELECT DISTINCT action FROM audit ORDER BY action") }
    }

    private static let fitting = """
        WHERE (:action IS NULL OR action = :action)
        AND (:actor IS NULL OR actor = :actor OR instr(actor, :actor || '@') = 1 OR instr(actor, :actor || ',') = 1)
        AND (:node IS NULL OR subject = :node OR replace(subject, 'rollout/', '') IN (
            SELECT rollout FROM rollout_node JOIN node ON node.id = node_id WHERE name = :node))
        """
}
