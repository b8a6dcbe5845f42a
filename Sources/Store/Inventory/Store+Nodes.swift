public import Fleet
internal import GRDB

extension Store {
    /// Makes the nodes of `inventory` the active ones, in one transaction. Importing the same again changes nothing.
    ///
    /// A node that is gone is retired and keeps its history; one that comes back counts as added.
    /// Fails with `inventory-duplicate-node`.
    public func importInventory(
        _ inventory: Inventory, at time: Timestamp, by actor: String
    ) async throws(FleetError) -> InventoryChanges {
        try await write { db in
            if let twice = Self.firstRepeated(inventory.nodes.map(\.name)) {
                throw FleetError(
                    "inventory-duplicate-node", "The inventory names the node \(twice) twice.",
                    advice: "Give each node a name of its own.")
            }
            let known = try Self.fetchNodes(db, where: "retired_at IS NULL")
            let changes = inventory.changes(from: Inventory(nodes: known.map(\.node)))
            try Self.apply(changes, at: time, db)
            try Self.reorder(inventory, db)
            if !changes.isEmpty { try Self.audit(changes, at: time, by: actor, db) }
            return changes
        }
    }

    /// The active nodes, in the inventory's order.
    public func nodes() async throws(FleetError) -> [Node] {
        let decoded = decodedNodes
        return try await read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT name, description FROM node WHERE retired_at IS NULL ORDER BY position, id")
            return try decoded.nodes(rows.map { ($0[0], $0[1]) })
        }
    }

    /// All nodes that ever were, the retired ones last.
    public func allNodes() async throws(FleetError) -> [NodeRecord] {
        try await read { try Self.fetchNodes($0) }
    }

    /// What the inventory said about a node over time, oldest first.
    public func inventoryHistory(of node: NodeName) async throws(FleetError) -> [NodeChange] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT at, change, c.description FROM node_change c JOIN node ON node.id = node_id
                    WHERE name = ? ORDER BY c.id
                    """, arguments: [node.description]
            ).map { row in
                let change: String = row[1]
                guard let kind = NodeChange.Kind(rawValue: change) else {
                    throw StoreFailure.unreadable("history of \(node)", "it holds the unknown change “\(change)”")
                }
                let description: Node = try Document.value(row[2], "history of \(node)")
                return NodeChange(at: Timestamp(milliseconds: row[0]), kind: kind, node: description)
            }
        }
    }

    static func fetchNodes(_ db: Database, where condition: String = "TRUE") throws -> [NodeRecord] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT name, description, imported_at, changed_at, retired_at FROM node WHERE \(condition)
                ORDER BY retired_at IS NOT NULL, position, id
                """
        ).map { row in
            let name: String = row[0]
            let retired: Int64? = row[4]
            return NodeRecord(
                node: try Document.value(row[1], "node \(name)"),
                importedAt: Timestamp(milliseconds: row[2]), changedAt: Timestamp(milliseconds: row[3]),
                retiredAt: retired.map(Timestamp.init(milliseconds:)))
        }
    }

    /// The row of a node, active or retired. Fails with `node-unknown`.
    static func nodeID(_ node: NodeName, _ db: Database) throws -> Int64 {
        let statement = try db.cachedStatement(sql: "SELECT id FROM node WHERE name = ?")
        guard let id = try Int64.fetchOne(statement, arguments: [node.description]) else { throw unknownNode(node) }
        return id
    }

    static func unknownNode(_ node: NodeName) -> FleetError {
        FleetError(
            "node-unknown", "The database knows no node \(node).",
            advice: "Import an inventory that names it: vfiofleet inventory import FILE.")
    }

    private static func apply(_ changes: InventoryChanges, at time: Timestamp, _ db: Database) throws {
        for node in changes.added {
            try db.execute(
                sql: """
                    INSERT INTO node (name, position, description, imported_at, changed_at) VALUES (?1, 0, ?2, ?3, ?3)
                    ON CONFLICT (name) DO NOTHING
                    """, arguments: [node.name.description, try Document.text(node), time.milliseconds])
            if db.changesCount == 1 {
                try note(.added, node.name, at: time, db)
            } else {
                try describe(node, .returned, at: time, db)
            }
        }
        for change in changes.changed { try describe(change.after, .changed, at: time, db) }
        for node in changes.retired {
            try db.execute(
                sql: "UPDATE node SET retired_at = ?1, changed_at = ?1 WHERE name = ?2",
                arguments: [time.milliseconds, node.name.description])
            try note(.retired, node.name, at: time, db)
        }
    }

    private static func describe(_ node: Node, _ kind: NodeChange.Kind, at time: Timestamp, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE node SET description = ?, changed_at = ?, retired_at = NULL WHERE name = ?",
            arguments: [try Document.text(node), time.milliseconds, node.name.description])
        try note(kind, node.name, at: time, db)
    }

    private static func note(_ kind: NodeChange.Kind, _ name: NodeName, at time: Timestamp, _ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO node_change (node_id, at, change, description)
                SELECT id, ?, ?, description FROM node WHERE name = ?
                """, arguments: [time.milliseconds, kind.rawValue, name.description])
    }

    private static func reorder(_ inventory: Inventory, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: "UPDATE node SET position = ?1 WHERE name = ?2 AND position <> ?1")
        for (position, node) in inventory.nodes.enumerated() {
            try statement.execute(arguments: [position, node.name.description])
        }
    }

    private static func audit(
        _ changes: InventoryChanges, at time: Timestamp, by actor: String, _ db: Database
    ) throws {
        let counts = [
            "added": changes.added.count, "changed": changes.changed.count, "retired": changes.retired.count,
        ]
        try appendAudit("inventory-import", subject: "inventory", detail: counts, at: time, by: actor, db)
    }

    private static func firstRepeated(_ names: [NodeName]) -> NodeName? {
        var seen: Set<NodeName> = []
        return names.first { !seen.insert($0).inserted }
    }
}
