public import Fleet
import Foundation
internal import GRDB

extension Store {
    public func beginSweep(of nodes: Int, at time: Timestamp) async throws(FleetError) -> SweepID {
        try await writeRelaxed { db in
            try db.execute(
                sql: "INSERT INTO sweep (started_at, requested) VALUES (?, ?)",
                arguments: [time.milliseconds, nodes])
            return SweepID(rawValue: db.lastInsertedRowID)
        }
    }

    public func endSweep(_ sweep: SweepID, at time: Timestamp) async throws(FleetError) {
        try await writeRelaxed { db in
            try db.execute(
                sql: "UPDATE sweep SET ended_at = ? WHERE id = ?", arguments: [time.milliseconds, sweep.rawValue])
        }
    }

    /// The latest sweeps, newest first.
    public func sweeps(latest count: Int = 20) async throws(FleetError) -> [SweepRecord] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, started_at, ended_at, requested, observed, failed FROM sweep ORDER BY id DESC LIMIT ?
                    """, arguments: [count]
            ).map { row in
                let ended: Int64? = row[2]
                return SweepRecord(
                    id: SweepID(rawValue: row[0]), startedAt: Timestamp(milliseconds: row[1]),
                    endedAt: ended.map(Timestamp.init(milliseconds:)), requested: row[3], observed: row[4],
                    failed: row[5])
            }
        }
    }

    /// Keeps sightings in one transaction. Returns for each whether it shows something else than the one before.
    ///
    /// A sighting equal to the node's last one updates one small row. Fails with `node-unknown` as a whole.
    public func record(_ sightings: [Sighting], in sweep: SweepID? = nil) async throws(FleetError) -> [Bool] {
        try await writeRelaxed { db in
            let changes = try sightings.map { try Self.record($0, db) }
            if let sweep {
                let failed = sightings.count { if case .failed = $0.outcome { true } else { false } }
                try db.cachedStatement(
                    sql: "UPDATE sweep SET observed = observed + ?, failed = failed + ? WHERE id = ?"
                ).execute(arguments: [sightings.count - failed, failed, sweep.rawValue])
            }
            return changes
        }
    }

    private static func record(_ sighting: Sighting, _ db: Database) throws -> Bool {
        let node = try nodeID(sighting.node, db)
        return switch sighting.outcome {
        case .answered(let answer): try record(answer, of: node, at: sighting.at.milliseconds, db)
        case .failed(let error): try record(error, of: node, at: sighting.at.milliseconds, db)
        }
    }

    private static func record(_ answer: StoredAnswer, of node: Int64, at time: Int64, _ db: Database) throws -> Bool {
        try db.cachedStatement(sql: "UPDATE failure SET is_current = 0 WHERE node_id = ? AND is_current = 1")
            .execute(arguments: [node])
        // A clock that was set back must not make a row that ends before it begins.
        try db.cachedStatement(
            sql: """
                UPDATE observation SET last_seen = max(last_seen, ?), times = times + 1
                WHERE node_id = ? AND is_current = 1
                AND answer_id = (SELECT id FROM answer WHERE digest = ?)
                """
        ).execute(arguments: [time, node, answer.digest.blob])
        guard db.changesCount == 0 else { return false }
        try db.cachedStatement(sql: "INSERT INTO answer (digest, raw) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING")
            .execute(arguments: [answer.digest.blob, Data(answer.raw)])
        try db.cachedStatement(sql: "UPDATE observation SET is_current = 0 WHERE node_id = ? AND is_current = 1")
            .execute(arguments: [node])
        try db.cachedStatement(
            sql: """
                INSERT INTO observation (node_id, answer_id, first_seen, last_seen, is_current)
                SELECT ?1, id, ?2, ?2, 1 FROM answer WHERE digest = ?3
                """
        ).execute(arguments: [node, time, answer.digest.blob])
        return true
    }

    private static func record(_ error: FleetError, of node: Int64, at time: Int64, _ db: Database) throws -> Bool {
        try db.cachedStatement(
            sql: """
                UPDATE failure SET last_seen = max(last_seen, ?), times = times + 1, message = ?, advice = ?
                WHERE node_id = ? AND is_current = 1 AND code = ?
                """
        ).execute(arguments: [time, error.message, error.advice, node, error.code.rawValue])
        guard db.changesCount == 0 else { return false }
        try db.cachedStatement(sql: "UPDATE failure SET is_current = 0 WHERE node_id = ? AND is_current = 1")
            .execute(arguments: [node])
        try db.cachedStatement(
            sql: """
                INSERT INTO failure (node_id, code, message, advice, first_seen, last_seen, is_current)
                VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1)
                """
        ).execute(arguments: [node, error.code.rawValue, error.message, error.advice, time])
        return true
    }
}
