public import Fleet
internal import GRDB

/// A roll-out that somebody asked for.
public struct RolloutRequest: Hashable, Sendable {
    public var id: Int64
    public var plan: ContentDigest
    public var askedBy: String
    public var askedAt: Timestamp
    public var decidedBy: String?
    public var decidedAt: Timestamp?
    /// Nil with `decidedAt` = it was refused.
    public var rollout: RolloutID?
}

/// Whether somebody came by the page or from this machine, it is the same person.
private func person(_ actor: String) -> Substring { actor.hasSuffix("@web") ? actor.dropLast(4) : actor[...] }

extension Store {
    /// Asks for a plan's roll-out. Fails with `plan-unknown`, and with `request-exists` where that is asked for already.
    public func request(
        _ plan: ContentDigest, at time: Timestamp, by actor: String
    ) async throws(FleetError) -> Int64 {
        try await write { db in
            guard
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM plan WHERE digest = ?)", arguments: [plan.blob]) == true
            else { throw FleetError("plan-unknown", "The database holds no plan \(plan.short).") }
            try db.execute(
                sql: """
                    INSERT INTO rollout_request (plan, asked_by, asked_at) VALUES (?, ?, ?)
                    ON CONFLICT (plan) WHERE decided_at IS NULL DO NOTHING
                    """, arguments: [plan.blob, actor, time.milliseconds])
            guard db.changesCount == 1 else {
                throw FleetError(
                    "request-exists", "The roll-out of plan \(plan.short) is asked for already.",
                    advice: "An approver lets it begin, or refuses it.")
            }
            let id = db.lastInsertedRowID
            try Self.appendAudit(
                "rollout-request", subject: plan.description, detail: ["id": "\(id)"], at: time, by: actor, db)
            return id
        }
    }

    /// Keeps the roll-out that was asked for, as `create` does, and who let it. Fails as that does, with
    /// `request-unknown`, `request-decided`, and with `four-eyes` where that is asked for and the one who asked approves.
    public func approve(
        _ id: Int64, creating rollout: Rollout, overriding overrides: [NodeOverride], fourEyes: Bool,
        at time: Timestamp, by actor: String
    ) async throws(FleetError) {
        try await write { db in
            let request = try Self.openRequest(id, db)
            guard !fourEyes || person(request.askedBy) != person(actor) else {
                throw FleetError(
                    "four-eyes", "\(actor) asked for this roll-out, so somebody else has to let it begin.",
                    advice: "Ask another approver; the one who asked may take it back by refusing it.")
            }
            guard request.plan == rollout.plan else { throw Self.unknownRequest(id) }
            try Self.create(rollout, overriding: overrides, at: time, by: actor, db)
            try db.execute(
                sql: "UPDATE rollout_request SET decided_by = ?, decided_at = ?, rollout = ? WHERE id = ?",
                arguments: [actor, time.milliseconds, rollout.id.description, id])
            try Self.appendAudit(
                "rollout-approve", subject: rollout.id.description,
                detail: ["id": "\(id)", "plan": rollout.plan.description, "asked-by": request.askedBy], at: time,
                by: actor, db)
        }
    }

    /// Fails with `request-unknown`, `request-decided`.
    public func refuse(_ id: Int64, at time: Timestamp, by actor: String) async throws(FleetError) {
        try await write { db in
            let request = try Self.openRequest(id, db)
            try db.execute(
                sql: "UPDATE rollout_request SET decided_by = ?, decided_at = ? WHERE id = ?",
                arguments: [actor, time.milliseconds, id])
            try Self.appendAudit(
                "rollout-refuse", subject: request.plan.description, detail: ["id": "\(id)"], at: time, by: actor, db)
        }
    }

    /// Fails with `request-unknown`.
    public func request(_ id: Int64) async throws(FleetError) -> RolloutRequest {
        try await read { db in
            guard let request = try Self.requests("WHERE id = ?", [id], db).first else { throw Self.unknownRequest(id) }
            return request
        }
    }

    /// Those that nobody has decided yet, the oldest first.
    public func openRequests() async throws(FleetError) -> [RolloutRequest] {
        try await read { try Self.requests("WHERE decided_at IS NULL ORDER BY id", [], $0) }
    }

    private static func openRequest(_ id: Int64, _ db: Database) throws -> RolloutRequest {
        guard let request = try requests("WHERE id = ?", [id], db).first else { throw unknownRequest(id) }
        guard let decider = request.decidedBy else { return request }
        throw FleetError("request-decided", "\(decider) has decided this already.")
    }

    private static func requests(
        _ condition: String, _ arguments: StatementArguments, _ db: Database
    ) throws -> [RolloutRequest] {
        try Row.fetchAll(
            db,
            sql: "SELECT id, plan, asked_by, asked_at, decided_by, decided_at, rollout FROM rollout_request "
                + condition,
            arguments: arguments
        ).map { row in
            let (decided, rollout): (Int64?, String?) = (row[5], row[6])
            return RolloutRequest(
                id: row[0], plan: try ContentDigest(blob: row[1], of: "request \(row[0] as Int64)"), askedBy: row[2],
                askedAt: Timestamp(milliseconds: row[3]), decidedBy: row[4],
                decidedAt: decided.map(Timestamp.init(milliseconds:)), rollout: rollout.flatMap { RolloutID($0) })
        }
    }

    private static func unknownRequest(_ id: Int64) -> FleetError {
        FleetError("request-unknown", "No roll-out was asked for under the number \(id).")
    }
}
