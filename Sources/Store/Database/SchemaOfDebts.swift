internal import Fleet
internal import GRDB

enum SchemaOfDebts {
    static let sql = """
        -- What roll-outs took away from a node and have not been seen to give back; no row = nothing.
        CREATE TABLE node_debt (
            node_id INTEGER PRIMARY KEY REFERENCES node (id),
            debt TEXT NOT NULL CHECK (json_valid(debt))
        ) STRICT;
        """

    /// From before there was this table, the last roll-out over a node that has ended tells.
    static func create(_ db: Database) throws {
        try db.execute(sql: sql)
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT rollout, state, max(created_at) FROM rollout_node JOIN rollout ON rollout.id = rollout
                WHERE is_finished = 1 AND state -> '$.state.leftAlone' IS NULL GROUP BY node_id
                """)
        while let row = try rows.next() {
            let id: String = row[0]
            let run: NodeRun = try Document.value(row[1], "roll-out \(id)")
            guard let rollout = RolloutID(id), let debt = NodeDebt(run, of: rollout) else { continue }
            try Store.keep(debt, db)
        }
    }
}
