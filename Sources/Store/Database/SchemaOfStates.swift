enum SchemaOfStates {
    /// A row begins where the one before ended, unless the rule was not asked in between.
    static let sql = """
        -- Since when the rule has this status, where that is longer than this row: what it says was another before.
        ALTER TABLE rule_standing ADD COLUMN status_since INTEGER;

        UPDATE rule_standing SET status_since = since FROM (
            SELECT id AS row, min(first_seen) OVER (PARTITION BY playbook, node_id, rule, device, stretch) AS since
            FROM (
                SELECT *, sum(is_other) OVER (PARTITION BY playbook, node_id, rule, device ORDER BY id) AS stretch
                FROM (
                    SELECT *, status IS NOT lag(status) OVER of_rule
                        OR first_seen > lag(ended_at) OVER of_rule AS is_other
                    FROM rule_standing WINDOW of_rule AS (PARTITION BY playbook, node_id, rule, device ORDER BY id))))
        WHERE row = id AND since < first_seen;
        """
}
