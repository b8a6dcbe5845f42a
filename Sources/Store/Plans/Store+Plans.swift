public import Fleet
import Foundation
internal import GRDB

extension Store {
    /// Keeps a plan under its digest. The same plan again is the same row.
    public func save(_ plan: FleetPlan, at time: Timestamp) async throws(FleetError) -> ContentDigest {
        let document = try await StoreFailure.rethrow(path) { try await PlanDocument(plan) }
        let digest = document.digest
        return try await write { db in
            try db.execute(
                sql: "INSERT INTO plan VALUES (?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING",
                arguments: [digest.blob, document.purpose, document.playbook, time.milliseconds])
            guard db.changesCount == 1 else { return digest }
            let insert = try db.cachedStatement(
                sql: "INSERT INTO plan_node SELECT ?, ?, id, ?, ? FROM node WHERE name = ?")
            for (position, (entry, text)) in zip(plan.nodes, document.entries).enumerated() {
                let node = entry.plan.node
                try insert.execute(
                    arguments: [digest.blob, position, entry.plan.verdict.rawValue, text, node.description])
                guard db.changesCount == 1 else { throw Self.unknownNode(node) }
            }
            return digest
        }
    }

    /// The plan with this digest, checked against it. Fails with `plan-unknown`.
    public func plan(_ digest: ContentDigest) async throws(FleetError) -> FleetPlan {
        try await read { try Self.fetchPlan(digest, $0) }
    }

    static func fetchPlan(_ digest: ContentDigest, _ db: Database) throws -> FleetPlan {
        guard
            let row = try Row.fetchOne(
                db, sql: "SELECT purpose, playbook FROM plan WHERE digest = ?", arguments: [digest.blob])
        else { throw unknownPlan(digest.short) }
        let entries = try String.fetchAll(
            db, sql: "SELECT entry FROM plan_node WHERE plan = ? ORDER BY position", arguments: [digest.blob])
        return try PlanDocument(purpose: row[0], playbook: row[1], entries: entries).plan(digest)
    }

    /// The digest that begins with `prefix` (at least 4 hex digits). Fails with `plan-unknown`, `plan-ambiguous`.
    public func planDigest(beginning prefix: String) async throws(FleetError) -> ContentDigest {
        let wanted = prefix.lowercased()
        guard wanted.count >= 4, wanted.allSatisfy(\.isHexDigit) else {
            throw FleetError(
                "plan-digest-invalid", "“\(prefix)” is not the beginning of a plan's digest.",
                advice: "Give at least 4 hex digits, as `vfiofleet plan` prints them.")
        }
        return try await read { db in
            let found = try Data.fetchAll(
                db, sql: "SELECT digest FROM plan WHERE lower(hex(digest)) GLOB ? || '*' LIMIT 2", arguments: [wanted])
            guard let first = found.first else { throw Self.unknownPlan(prefix) }
            guard found.count == 1 else {
                throw FleetError(
                    "plan-ambiguous", "Several plans begin with \(prefix).", advice: "Give more digits of the digest.")
            }
            return try ContentDigest(blob: first, of: "plan")
        }
    }

    /// The latest plans, newest first.
    public func plans(latest count: Int = 20) async throws(FleetError) -> [PlanSummary] {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT digest, purpose, playbook ->> 'name', created_at FROM plan ORDER BY created_at DESC LIMIT ?
                    """, arguments: [count])
            return try rows.map { try Self.summary($0, db) }
        }
    }

    private static func summary(_ row: Row, _ db: Database) throws -> PlanSummary {
        let digest = try ContentDigest(blob: row[0], of: "plan")
        guard let purpose = FleetPlan.Purpose(rawValue: row[1]) else {
            throw StoreFailure.unreadable("plan \(digest.short)", "its purpose is unknown")
        }
        var verdicts: [NodePlan.Verdict: Int] = [:]
        for row in try Row.fetchAll(
            db, sql: "SELECT verdict, count(*) FROM plan_node WHERE plan = ? GROUP BY verdict",
            arguments: [digest.blob])
        {
            guard let verdict = NodePlan.Verdict(rawValue: row[0]) else {
                throw StoreFailure.unreadable("plan \(digest.short)", "a node's verdict is unknown")
            }
            verdicts[verdict] = row[1]
        }
        return PlanSummary(
            digest: digest, purpose: purpose, playbook: row[2], createdAt: Timestamp(milliseconds: row[3]),
            verdicts: verdicts)
    }

    private static func unknownPlan(_ digest: String) -> FleetError {
        FleetError(
            "plan-unknown", "The database holds no plan \(digest).",
            advice: "Make it again with `vfiofleet plan`, which prints the digest.")
    }
}
