public import Fleet
import Foundation
internal import GRDB

extension Store {
    /// Keeps a roll-out that has not begun. Fails with `rollout-exists`, `plan-unknown`, and with `rollout-overlaps`
    /// when a roll-out that has not ended has work on one of its nodes. `overrides`: what its plan lets pass, for the audit.
    public func create(
        _ rollout: Rollout, overriding overrides: [NodeOverride] = [], at time: Timestamp, by actor: String
    ) async throws(FleetError) {
        try await write { try Self.create(rollout, overriding: overrides, at: time, by: actor, $0) }
    }

    static func create(
        _ rollout: Rollout, overriding overrides: [NodeOverride], at time: Timestamp, by actor: String, _ db: Database
    ) throws {
        try refuseUnfit(rollout, db)
        try db.execute(
            sql: "INSERT INTO rollout VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)",
            arguments: [
                rollout.id.description, rollout.plan.blob, rollout.phase.word, rollout.isEnded,
                time.milliseconds, actor, time.milliseconds, try Document.text(rollout.header),
            ])
        for (position, run) in rollout.nodes.enumerated() {
            try db.cachedStatement(sql: "INSERT INTO rollout_node VALUES (?, ?, ?, ?)").execute(arguments: [
                rollout.id.description, position, try Self.nodeID(run.node, db), try Document.text(run),
            ])
        }
        var detail = ["plan": rollout.plan.description, "purpose": try Self.purpose(of: rollout.plan, db)]
        if !overrides.isEmpty { detail["overrides"] = overrides.map(\.description).joined(separator: " ") }
        try Self.appendAudit(
            "rollout-create", subject: rollout.id.description, detail: detail, at: time, by: actor, db)
    }

    /// Appends an event and keeps the state after it, in one transaction that is on disk when this returns.
    ///
    /// `number` is the event's own: one more than the last. The order that it names is taken. Fails with `lease-lost` when
    /// another driver has taken over, with `rollout-journal-conflict` when `number` is not the next, and with
    /// `rollout-uninformed` where open orders, or what other roll-outs have under way, have to be heard first.
    public func append(
        _ event: RolloutEvent, number: Int, after rollout: Rollout, under lease: Lease
    ) async throws(FleetError) {
        try await write { db in
            try Self.requireLease(lease.name, lease.number, db)
            try Self.refuseUninformed(event, rollout, db)
            if let order = event.order { try Self.take(order, of: rollout.id, at: event.at, db) }
            try db.cachedStatement(
                sql: """
                    UPDATE rollout SET phase = ?, is_finished = ?, updated_at = ?, last_event = ?, header = ?
                    WHERE id = ? AND last_event = ?
                    """
            ).execute(arguments: [
                rollout.phase.word, rollout.isEnded, event.at.milliseconds, number,
                try Document.text(rollout.header), rollout.id.description, number - 1,
            ])
            guard db.changesCount == 1 else { throw Self.journalConflict(rollout.id) }
            let content = JournalEntry.Content(
                rollout: rollout.id.description, number: number, fencing: Int64(lease.number),
                event: try Document.text(event))
            var chain = try Self.journalChain(rollout, before: number, db)
            let digest = try chain.append(content)
            try Self.insertEvent(content, at: event.at.milliseconds, digest, db)
            let update = try db.cachedStatement(
                sql: "UPDATE rollout_node SET state = ? WHERE rollout = ? AND position = ?")
            for position in rollout.changed {
                try update.execute(arguments: [
                    try Document.text(rollout.nodes[position]), rollout.id.description, position,
                ])
                try Self.settle(rollout.nodes[position], in: rollout, db)
            }
            if rollout.isEnded { try Self.end(rollout, digest, at: event.at, by: lease.holder, db) }
        }
    }

    /// Fails with `rollout-unknown`, and with `store-unreadable-row` when what is stored does not fit together.
    public func rollout(_ id: RolloutID) async throws(FleetError) -> StoredRollout {
        try await read { try Self.fetchRollout(id, $0) }
    }

    /// The latest roll-outs, newest first.
    public func rollouts(latest count: Int = 20) async throws(FleetError) -> [StoredRollout] {
        try await read { db in
            try String.fetchAll(
                db, sql: "SELECT id FROM rollout ORDER BY created_at DESC, id DESC LIMIT ?", arguments: [count]
            ).map { text in
                guard let id = RolloutID(text) else { throw StoreFailure.unreadable("roll-out", "its id is “\(text)”") }
                return try Self.fetchRollout(id, db)
            }
        }
    }

    /// The roll-outs that had work on a node, oldest first.
    public func rollouts(of node: NodeName) async throws(FleetError) -> [StoredRollout] {
        try await read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT rollout.id FROM rollout JOIN rollout_node ON rollout = rollout.id
                    JOIN node ON node.id = node_id
                    WHERE name = ? AND state -> 'state' -> 'leftAlone' IS NULL ORDER BY created_at, rollout.id
                    """, arguments: [node.description]
            ).map { text in
                guard let id = RolloutID(text) else { throw StoreFailure.unreadable("roll-out", "its id is “\(text)”") }
                return try Self.fetchRollout(id, db)
            }
        }
    }

    /// A roll-out's journal from its beginning, or what came after the event `number`; the first `limit` of that.
    public func journal(
        of id: RolloutID, after number: Int = 0, limit: Int = .max
    ) async throws(FleetError) -> [JournalEntry] {
        try await read { try Self.journalEntries(of: id, after: number, limit: limit, $0) }
    }

    static func journalEntries(
        of id: RolloutID, after number: Int, limit: Int = .max, _ db: Database
    ) throws -> [JournalEntry] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT number, fencing, event FROM rollout_event WHERE rollout = ? AND number > ?
                ORDER BY number LIMIT ?
                """, arguments: [id.description, number, limit]
        ).map { row in
            let number: Int = row[0]
            let fencing: Int64 = row[1]
            return JournalEntry(
                number: number, fencing: UInt64(clamping: fencing),
                event: try Document.value(row[2], "event \(number) of \(id)"))
        }
    }
}

extension Store {
    private static func end(
        _ rollout: Rollout, _ journal: ContentDigest, at time: Timestamp, by actor: String, _ db: Database
    ) throws {
        let states = try statesDigest(of: rollout.id.description, db)
        try appendAudit(
            "rollout-end", subject: rollout.id.description,
            detail: RolloutEnd(rollout, journal: journal, states: states), at: time, by: actor, db)
        try dropOrders(of: rollout.id, at: time, by: actor, db)
    }

    static func insertEvent(
        _ content: JournalEntry.Content, at milliseconds: Int64, _ digest: ContentDigest, _ db: Database
    ) throws {
        try db.cachedStatement(sql: "INSERT INTO rollout_event VALUES (?, ?, ?, ?, ?, ?)").execute(arguments: [
            content.rollout, content.number, milliseconds, content.fencing, content.event, digest.blob,
        ])
    }

    private static func journalChain(
        _ rollout: Rollout, before number: Int, _ db: Database
    ) throws -> AuditChain {
        guard number > 1 else { return AuditChain(head: rollout.plan) }
        let last = try db.cachedStatement(sql: "SELECT digest FROM rollout_event WHERE rollout = ? AND number = ?")
        guard let blob = try Data.fetchOne(last, arguments: [rollout.id.description, number - 1]) else {
            throw journalConflict(rollout.id)
        }
        return AuditChain(head: try ContentDigest(blob: blob, of: "event \(number - 1) of \(rollout.id)"))
    }

    private static func purpose(of plan: ContentDigest, _ db: Database) throws -> String {
        try String.fetchOne(db, sql: "SELECT purpose FROM plan WHERE digest = ?", arguments: [plan.blob]) ?? ""
    }

    static func fetchRollout(_ id: RolloutID, _ db: Database) throws -> StoredRollout {
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT header, last_event, created_at, created_by, updated_at FROM rollout WHERE id = ?",
                arguments: [id.description])
        else {
            throw FleetError(
                "rollout-unknown", "The database holds no roll-out \(id).",
                advice: "`vfiofleet rollout list` shows those it holds.")
        }
        let runs = try String.fetchAll(
            db, sql: "SELECT state FROM rollout_node WHERE rollout = ? ORDER BY position", arguments: [id.description])
        let rollout = Rollout(
            header: try Document.value(row[0], "roll-out \(id)"),
            nodes: try runs.map { try Document.value($0, "roll-out \(id)") })
        let flaws = rollout.check()
        guard flaws.isEmpty else {
            throw StoreFailure.unreadable("roll-out \(id)", flaws.joined(separator: "; "))
        }
        return StoredRollout(
            rollout: rollout, lastEvent: row[1], createdAt: Timestamp(milliseconds: row[2]), createdBy: row[3],
            updatedAt: Timestamp(milliseconds: row[4]), lease: try fetchLease(Lease.name(for: id), db))
    }

    private static func refuseUnfit(_ rollout: Rollout, _ db: Database) throws {
        if try Bool.fetchOne(
            db, sql: "SELECT EXISTS (SELECT 1 FROM rollout WHERE id = ?)", arguments: [rollout.id.description]) == true
        {
            throw FleetError("rollout-exists", "There is a roll-out \(rollout.id) already.")
        }
        guard
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM plan WHERE digest = ?)", arguments: [rollout.plan.blob]) == true
        else {
            throw FleetError("plan-unknown", "The database holds no plan \(rollout.plan.short).")
        }
        let open = try Row.fetchAll(
            db,
            sql: """
                SELECT name, rollout FROM rollout_node JOIN rollout ON rollout.id = rollout
                JOIN node ON node.id = node_id
                WHERE is_finished = 0 AND state -> 'state' -> 'leftAlone' IS NULL
                """)
        let wanted = Set(rollout.nodes.filter(\.hasWork).map(\.node.description))
        for row in open where wanted.contains(row[0]) {
            let other: String = row[1]
            throw FleetError(
                "rollout-overlaps", "The roll-out \(other) has not ended and has work on \(row[0] as String).",
                advice: "End it first: vfiofleet rollout resume \(other), or vfiofleet rollout abort \(other).")
        }
    }

    private static func journalConflict(_ id: RolloutID) -> FleetError {
        FleetError(
            "rollout-journal-conflict", "The journal of \(id) was continued by another driver.",
            advice: "Nothing more was done from here; follow the roll-out with `vfiofleet rollout show \(id)`.")
    }
}
