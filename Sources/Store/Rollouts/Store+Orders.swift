public import Fleet
internal import GRDB

extension Store {
    /// Leaves an order for the process that drives a roll-out, now or later. Fails with `rollout-unknown`,
    /// `rollout-ended`.
    public func give(
        _ order: RolloutOrder, to id: RolloutID, at time: Timestamp, by actor: String
    ) async throws(FleetError) {
        guard try await !rollout(id).rollout.isEnded else {
            throw FleetError("rollout-ended", "The roll-out \(id) has ended already.")
        }
        try await write { db in
            let text = try Document.text(order)
            try db.execute(
                sql: #"INSERT INTO rollout_order (rollout, "order", given_at, given_by) VALUES (?, ?, ?, ?)"#,
                arguments: [id.description, text, time.milliseconds, actor])
            try Self.appendAudit(
                "rollout-order", subject: id.description, detail: ["order": text], at: time, by: actor, db)
        }
    }

    /// The orders given since the last call, oldest first; each is taken once. Fails with `lease-lost`.
    public func takeOrders(
        for id: RolloutID, under lease: Lease, at time: Timestamp
    ) async throws(FleetError) -> [RolloutOrder] {
        guard try await read({ try Self.openOrders(id, $0) }).isEmpty == false else { return [] }
        return try await write { db in
            try Self.requireLease(lease.name, lease.number, db)
            let orders = try Self.openOrders(id, db)
            try db.execute(
                sql: "UPDATE rollout_order SET taken_at = ? WHERE rollout = ? AND taken_at IS NULL",
                arguments: [time.milliseconds, id.description])
            return orders
        }
    }

    private static func openOrders(_ id: RolloutID, _ db: Database) throws -> [RolloutOrder] {
        let statement = try db.cachedStatement(
            sql: #"SELECT "order" FROM rollout_order WHERE rollout = ? AND taken_at IS NULL ORDER BY id"#)
        return try String.fetchAll(statement, arguments: [id.description]).map {
            try Document.value($0, "order to \(id)")
        }
    }
}
