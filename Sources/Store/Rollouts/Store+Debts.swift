public import Fleet
internal import GRDB

extension Store {
    /// What is owed to nodes, in order of their names.
    public func debts() async throws(FleetError) -> [NodeDebt] {
        try await read { db in
            try String.fetchAll(
                db, sql: "SELECT debt FROM node_debt JOIN node ON node.id = node_id ORDER BY name"
            ).map { try Document.value($0, "what is owed to a node") }
        }
    }

    /// A node that has ended is owed what its way has left, and nothing else any more.
    static func settle(_ run: NodeRun, in rollout: Rollout, _ db: Database) throws {
        guard run.state.result != nil else { return }
        if let debt = rollout.debt(of: run) {
            try keep(debt, db)
        } else if run.wasBegun {
            try db.cachedStatement(sql: "DELETE FROM node_debt WHERE node_id = ?").execute(arguments: [
                try nodeID(run.node, db)
            ])
        }
    }

    static func keep(_ debt: NodeDebt, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO node_debt VALUES (?, ?)").execute(arguments: [
            try nodeID(debt.node, db), try Document.text(debt),
        ])
    }
}
