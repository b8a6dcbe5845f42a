public import Fleet
internal import GRDB

/// What was forgotten, in rows, and how large the database is after it.
public struct RetentionReport: Hashable, Sendable {
    public var rows = 0
    /// Bytes that hold something.
    public var usedBytes = 0
    /// How far back everything reaches now.
    public var days: Int
    /// Larger than it may be, with nothing left that may be forgotten.
    public var isTooLarge = false
}

extension Store {
    /// Forgets what ended longer ago than is asked for, and more where the database is larger than it may be.
    ///
    /// Never forgotten are the inventory, exemptions, the audit log, journals of roll-outs and the plans they carry out, what
    /// is so at this moment, and everything of the last day.
    public func forget(by retention: Retention, at now: Timestamp) async throws(FleetError) -> RetentionReport {
        var report = RetentionReport(days: retention.days)
        report.rows = try await forget(before: now.adding(seconds: -retention.days * 86_400))
        report.usedBytes = try await usedBytes()
        let limit = retention.megabytes << 20
        while report.usedBytes > limit, report.days > 1 {
            report.days = max(1, report.days / 2)
            report.rows += try await forget(before: now.adding(seconds: -report.days * 86_400))
            report.usedBytes = try await usedBytes()
        }
        report.isTooLarge = report.usedBytes > limit
        try await shrink()
        return report
    }

    private func forget(before time: Timestamp) async throws(FleetError) -> Int {
        var rows = 0
        for statement in Forgetting.statements {
            // In small pieces: whoever drives a roll-out meanwhile must not wait for its journal.
            var removed = 0
            repeat {
                removed = try await writeRelaxed { db in
                    try db.execute(sql: statement, arguments: ["before": time.milliseconds, "most": Forgetting.most])
                    return db.changesCount
                }
                rows += removed
            } while removed == Forgetting.most
        }
        return rows
    }

    private func usedBytes() async throws(FleetError) -> Int {
        try await read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT (page_count - freelist_count) * page_size
                    FROM pragma_page_count, pragma_freelist_count, pragma_page_size
                    """) ?? 0
        }
    }

    /// Gives room back to the file system, where that is worth it and quickly done. Nobody can write meanwhile, so it is
    /// never done while a roll-out is driven.
    private func shrink() async throws(FleetError) {
        let pool = pool
        try await StoreFailure.rethrow(path) {
            try await pool.writeWithoutTransaction { db in
                let isWorthIt = try Bool.fetchOne(
                    db,
                    sql: """
                        SELECT freelist_count * 2 > page_count AND freelist_count * page_size > 8 << 20
                            AND (page_count - freelist_count) * page_size < 256 << 20
                            AND NOT EXISTS (SELECT 1 FROM lease WHERE name LIKE 'rollout/%')
                        FROM pragma_page_count, pragma_freelist_count, pragma_page_size
                        """)
                if isWorthIt == true { try db.execute(sql: "VACUUM") }
            }
        }
    }
}

/// What may be forgotten: each statement removes at most `:most` rows of what ended before `:before`.
private enum Forgetting {
    static let most = 500

    static let statements = [
        // An answer that a roll-out under way, or a plan somebody may still approve, compares a node with.
        """
        DELETE FROM observation WHERE id IN (
            SELECT observation.id FROM observation JOIN answer ON answer.id = answer_id
            WHERE is_current = 0 AND last_seen < :before
            AND lower(hex(digest)) NOT IN (
                SELECT entry ->> 'facts' FROM plan_node JOIN plan ON plan.digest = plan_node.plan
                LEFT JOIN rollout ON rollout.plan = plan.digest
                WHERE entry ->> 'facts' IS NOT NULL
                AND (rollout.is_finished = 0 OR rollout.id IS NULL AND plan.created_at >= :before))
            LIMIT :most)
        """,
        """
        DELETE FROM answer WHERE id IN (
            SELECT id FROM answer WHERE NOT EXISTS (SELECT 1 FROM observation WHERE answer_id = answer.id)
            AND :before IS NOT NULL LIMIT :most)
        """,
        """
        DELETE FROM failure WHERE id IN (
            SELECT id FROM failure WHERE is_current = 0 AND last_seen < :before LIMIT :most)
        """,
        """
        DELETE FROM rule_standing WHERE id IN (
            SELECT id FROM rule_standing WHERE ended_at < :before LIMIT :most)
        """,
        """
        DELETE FROM look_day WHERE (node_id, day) IN (
            SELECT node_id, day FROM look_day WHERE day < :before - 86400000 LIMIT :most)
        """,
        "DELETE FROM sweep WHERE id IN (SELECT id FROM sweep WHERE started_at < :before LIMIT :most)",
        """
        DELETE FROM alert WHERE id IN (
            SELECT id FROM alert WHERE created_at < :before AND due_at IS NULL LIMIT :most)
        """,
        // A proposal that became a roll-out tells who began that: it stays with it.
        """
        DELETE FROM proposal WHERE id IN (
            SELECT id FROM proposal WHERE proposed_at < :before
            AND NOT EXISTS (SELECT 1 FROM rollout WHERE rollout.plan = proposal.plan) LIMIT :most)
        """,
        """
        DELETE FROM plan_node WHERE rowid IN (
            SELECT plan_node.rowid FROM plan_node JOIN plan ON plan.digest = plan_node.plan WHERE \(unusedPlan) LIMIT :most)
        """,
        """
        DELETE FROM plan WHERE digest IN (
            SELECT digest FROM plan WHERE \(unusedPlan)
            AND NOT EXISTS (SELECT 1 FROM plan_node WHERE plan_node.plan = plan.digest) LIMIT :most)
        """,
    ]

    private static let unusedPlan = """
        created_at < :before
        AND NOT EXISTS (SELECT 1 FROM rollout WHERE rollout.plan = plan.digest)
        AND NOT EXISTS (SELECT 1 FROM proposal WHERE proposal.plan = plan.digest)
        """
}
