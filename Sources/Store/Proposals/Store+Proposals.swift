public import Fleet
internal import GRDB

extension Store {
    /// Puts a kept plan up for approval, or to be carried out, and tells `routes` of it, in one transaction.
    public func propose(
        _ plan: ContentDigest, for schedule: ScheduleName, _ mode: Remediation.Mode, telling routes: [AlertRoute],
        _ items: [AlertItem], under playbook: String, at time: Timestamp, by actor: String
    ) async throws(FleetError) -> Proposal.ID {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO proposal (plan, schedule, mode, proposed_at) VALUES (?, ?, ?, ?)",
                arguments: [plan.blob, schedule.description, mode.rawValue, time.milliseconds])
            let id = Proposal.ID(rawValue: db.lastInsertedRowID)
            let detail = ["plan": plan.description, "mode": mode.rawValue, "schedule": schedule.description]
            try Self.appendAudit("proposal-make", subject: "\(id.rawValue)", detail: detail, at: time, by: actor, db)
            try Self.tell(routes, items, under: playbook, at: time, db)
            return id
        }
    }

    /// Fails with `proposal-unknown`, and with `proposal-not-open` for one that is decided.
    public func reject(_ id: Proposal.ID, at time: Timestamp, by actor: String) async throws(FleetError) {
        try await write { db in
            let proposal = try Self.proposal(id, db)
            guard proposal.state == .open else {
                throw FleetError(
                    "proposal-not-open", "The proposal \(id.rawValue) is not open any more.",
                    advice: "vfiofleet proposal list --all shows what became of it.")
            }
            try db.execute(
                sql: "UPDATE proposal SET rejected_at = ?, rejected_by = ? WHERE id = ?",
                arguments: [time.milliseconds, actor, id.rawValue])
            try Self.appendAudit(
                "proposal-reject", subject: "\(id.rawValue)", detail: ["plan": proposal.plan.description], at: time,
                by: actor, db)
        }
    }

    /// Fails with `proposal-unknown`.
    public func proposal(_ id: Proposal.ID) async throws(FleetError) -> Proposal {
        try await read { try Self.proposal(id, $0) }
    }

    /// The latest, the oldest of them first.
    public func proposals(latest count: Int? = nil) async throws(FleetError) -> [Proposal] {
        try await read { try Self.proposals("ORDER BY proposal.id DESC LIMIT ?", [count ?? -1], $0).reversed() }
    }

    /// Roll-outs that were begun by themselves and have not ended, unless a person has given them an order: then they are
    /// that person's.
    public func ownRollouts() async throws(FleetError) -> [RolloutID] {
        try await read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT rollout.id FROM rollout JOIN proposal USING (plan)
                    WHERE mode = 'apply' AND is_finished = 0 AND created_at >= proposed_at
                    AND NOT EXISTS (SELECT 1 FROM rollout_order WHERE rollout = rollout.id) ORDER BY created_at
                    """
            ).compactMap { RolloutID($0) }
        }
    }

    /// Proposals to be carried out that no roll-out was begun for.
    public func unbegunProposals() async throws(FleetError) -> [Proposal] {
        try await read { db in
            try Self.proposals("WHERE mode = 'apply' AND told_at IS NULL ORDER BY proposal.id", [], db)
                .filter { $0.state == .open }
        }
    }

    /// Proposals to be carried out whose roll-outs have ended and nobody was told.
    public func endedProposals() async throws(FleetError) -> [(proposal: Proposal, rollout: RolloutID)] {
        try await read { db in
            try Self.proposals("WHERE mode = 'apply' AND told_at IS NULL ORDER BY proposal.id", [], db)
                .compactMap { proposal in
                    guard case .begun(let id) = proposal.state else { return nil }
                    return try Self.fetchRollout(id, db).rollout.isEnded ? (proposal, id) : nil
                }
        }
    }

    /// Tells `routes` what came of it, once.
    public func conclude(
        _ id: Proposal.ID, telling routes: [AlertRoute], _ items: [AlertItem], under playbook: String,
        at time: Timestamp
    ) async throws(FleetError) {
        try await write { db in
            try db.execute(
                sql: "UPDATE proposal SET told_at = ? WHERE id = ? AND told_at IS NULL",
                arguments: [time.milliseconds, id.rawValue])
            guard db.changesCount == 1 else { return }
            try Self.tell(routes, items, under: playbook, at: time, db)
        }
    }

    private static func proposal(_ id: Proposal.ID, _ db: Database) throws -> Proposal {
        guard let proposal = try proposals("WHERE proposal.id = ?", [id.rawValue], db).first else {
            throw FleetError(
                "proposal-unknown", "There is no proposal \(id.rawValue).",
                advice: "vfiofleet proposal list --all shows them.")
        }
        return proposal
    }

    private static func proposals(_ condition: String, _ arguments: StatementArguments, _ db: Database) throws
        -> [Proposal]
    {
        try Row.fetchAll(
            db,
            sql: """
                SELECT proposal.id, plan, playbook ->> 'name', schedule, mode, proposed_at, rejected_by,
                    (SELECT id FROM rollout WHERE rollout.plan = proposal.plan AND created_at >= proposed_at
                     ORDER BY created_at LIMIT 1),
                    (SELECT min(later.id) FROM proposal later JOIN plan_node theirs ON theirs.plan = later.plan
                     JOIN plan_node ours ON ours.plan = proposal.plan AND ours.node_id = theirs.node_id
                     WHERE later.id > proposal.id)
                FROM proposal JOIN plan ON plan.digest = proposal.plan \(condition)
                """, arguments: arguments
        ).map { try proposal($0, db) }
    }

    private static func proposal(_ row: Row, _ db: Database) throws -> Proposal {
        let (id, mode): (Int64, String) = (row[0], row[4])
        guard let mode = Remediation.Mode(rawValue: mode) else {
            throw StoreFailure.unreadable("proposal \(id)", "its mode is “\(mode)”")
        }
        let digest = try ContentDigest(blob: row[1], of: "plan of proposal \(id)")
        let names = try String.fetchAll(
            db,
            sql: """
                SELECT name FROM plan_node JOIN node ON node.id = node_id WHERE plan = ? AND verdict = 'change'
                ORDER BY plan_node.position
                """, arguments: [digest.blob])
        let (rejected, begun, later): (String?, String?, Int64?) = (row[6], row[7], row[8])
        let state: Proposal.State =
            begun.flatMap { RolloutID($0) }.map { .begun($0) } ?? rejected.map { .rejected(by: $0) }
            ?? later.map { .superseded(by: Proposal.ID(rawValue: $0)) } ?? .open
        return Proposal(
            id: Proposal.ID(rawValue: id), plan: digest, playbook: row[2], schedule: row[3], mode: mode,
            proposedAt: Timestamp(milliseconds: row[5]), nodes: names.compactMap { NodeName($0) }, state: state)
    }
}
