public import Fleet
internal import GRDB

/// What is told of roll-outs without reading them.
extension Store {
    /// The number of a roll-out's last event; 0 = none yet. Fails with `rollout-unknown`.
    public func lastEvent(of id: RolloutID) async throws(FleetError) -> Int {
        try await read { db in
            let statement = try db.cachedStatement(sql: "SELECT last_event FROM rollout WHERE id = ?")
            guard let number = try Int.fetchOne(statement, arguments: [id.description]) else {
                throw FleetError("rollout-unknown", "The database holds no roll-out \(id).")
            }
            return number
        }
    }

    /// Those that have not ended, oldest first.
    public func openRollouts() async throws(FleetError) -> [StoredRollout] {
        try await read { db in
            try String.fetchAll(db, sql: "SELECT id FROM rollout WHERE is_finished = 0 ORDER BY created_at, id").map {
                text in
                guard let id = RolloutID(text) else { throw StoreFailure.unreadable("roll-out", "its id is “\(text)”") }
                return try Self.fetchRollout(id, db)
            }
        }
    }

    /// How many have not ended.
    public func openRolloutCount() async throws(FleetError) -> Int {
        try await read { try Int.fetchOne($0, sql: "SELECT count(*) FROM rollout WHERE is_finished = 0") ?? 0 }
    }

    /// Those of a plan, the oldest first.
    public func rollouts(of plan: ContentDigest) async throws(FleetError) -> [StoredRollout] {
        try await read { db in
            try String.fetchAll(
                db, sql: "SELECT id FROM rollout WHERE plan = ? ORDER BY created_at, id", arguments: [plan.blob]
            ).compactMap { RolloutID($0) }.map { try Self.fetchRollout($0, db) }
        }
    }

    /// The names of the playbooks that plans were made of.
    public func playbooks(of plans: Set<ContentDigest>) async throws(FleetError) -> [ContentDigest: String] {
        try await read { db in
            var names: [ContentDigest: String] = [:]
            for plan in plans {
                names[plan] = try String.fetchOne(
                    db, sql: "SELECT playbook ->> 'name' FROM plan WHERE digest = ?", arguments: [plan.blob])
            }
            return names
        }
    }
}
