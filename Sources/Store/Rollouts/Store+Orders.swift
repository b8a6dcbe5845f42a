public import Fleet
internal import GRDB

/// An order that nobody has obeyed or refused yet.
public struct GivenOrder: Hashable, Sendable {
    /// Grows from order to order.
    public var number: Int
    public var order: RolloutOrder

    public init(number: Int, order: RolloutOrder) {
        self.number = number
        self.order = order
    }
}

extension Store {
    /// Leaves an order for the process that drives a roll-out, now or later.
    ///
    /// Nothing is begun before it is heard: a node that waits at this moment is skipped. Fails with `rollout-unknown`,
    /// `rollout-ended`, and with `order-refused` where a node is not in a state to be skipped or tried again.
    public func give(
        _ order: RolloutOrder, to id: RolloutID, at time: Timestamp, by actor: String
    ) async throws(FleetError) {
        guard try await !rollout(id).rollout.isEnded else {
            throw FleetError("rollout-ended", "The roll-out \(id) has ended already.")
        }
        try await write { db in
            try Self.refuseUnfit(order, id, db)
            let text = try Document.text(order)
            try db.execute(
                sql: #"INSERT INTO rollout_order (rollout, "order", given_at, given_by) VALUES (?, ?, ?, ?)"#,
                arguments: [id.description, text, time.milliseconds, actor])
            try Self.appendAudit(
                "rollout-order", subject: id.description, detail: ["order": text], at: time, by: actor, db)
        }
    }

    /// The orders that are neither obeyed nor refused yet, oldest first. Each is open until the event that names it is
    /// appended.
    public func openOrders(of id: RolloutID) async throws(FleetError) -> [GivenOrder] {
        try await read { try Self.openOrders(of: id, $0) }
    }

    static func openOrders(of id: RolloutID, _ db: Database) throws -> [GivenOrder] {
        let statement = try db.cachedStatement(
            sql: #"SELECT id, "order" FROM rollout_order WHERE rollout = ? AND taken_at IS NULL ORDER BY id"#)
        return try Row.fetchAll(statement, arguments: [id.description]).map {
            GivenOrder(number: $0[0], order: try Document.value($0[1], "order to \(id)"))
        }
    }

    /// In the transaction that keeps the event.
    static func take(_ order: Int, of id: RolloutID, at time: Timestamp, _ db: Database) throws {
        try db.execute(
            sql: "UPDATE rollout_order SET taken_at = ? WHERE id = ? AND rollout = ?",
            arguments: [time.milliseconds, order, id.description])
    }

    /// Writes down what a roll-out that has just ended can't obey any more.
    static func dropOrders(of id: RolloutID, at time: Timestamp, by actor: String, _ db: Database) throws {
        for open in try openOrders(of: id, db) {
            try take(open.number, of: id, at: time, db)
            let detail = ["order": try Document.text(open.order), "reason": "The roll-out had ended."]
            try appendAudit("rollout-order-refused", subject: id.description, detail: detail, at: time, by: actor, db)
        }
    }

    private static func refuseUnfit(_ order: RolloutOrder, _ id: RolloutID, _ db: Database) throws {
        guard let node = order.node else { return }
        let state = try String.fetchOne(
            db,
            sql: "SELECT state FROM rollout_node JOIN node ON node.id = node_id WHERE rollout = ? AND name = ?",
            arguments: [id.description, node.description])
        let run: NodeRun? = try state.map { try Document.value($0, "roll-out \(id)") }
        let earlier = try openOrders(of: id, db).map(\.order)
        guard let reason = order.refusal(by: run, after: earlier) else { return }
        throw FleetError("order-refused", reason, advice: "See where it stands: vfiofleet rollout show \(id).")
    }
}
