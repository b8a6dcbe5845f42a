enum SchemaOfLooks {
    /// From before there was this table, those days are known on which something stood otherwise, and the last one.
    static let sql = """
        -- On which days a node was verified. `day` is its first moment in UTC; `observed`: the node could be looked at.
        CREATE TABLE look_day (
            node_id INTEGER NOT NULL REFERENCES node (id),
            day INTEGER NOT NULL CHECK (day % 86400000 = 0),
            observed INTEGER NOT NULL CHECK (observed IN (0, 1)),
            PRIMARY KEY (node_id, day)
        ) STRICT, WITHOUT ROWID;

        INSERT INTO look_day SELECT node_id, at - at % 86400000 AS day, max(observed) FROM (
            SELECT node_id, first_seen AS at, rule <> 'observed' OR status = 'pass' AS observed FROM rule_standing
            UNION ALL SELECT node_id, ended_at, rule <> 'observed' FROM rule_standing WHERE ended_at IS NOT NULL
            UNION ALL SELECT node_id, observed_at, 1 FROM verification WHERE observed_at IS NOT NULL
            UNION ALL SELECT node_id, tried_at, 0 FROM verification
        ) GROUP BY node_id, day;
        """
}
