public import Fleet
internal import GRDB

extension Store {
    /// Takes a lease that is free or has run out, with a new fencing number. Fails with `lease-held`.
    public func acquireLease(
        _ name: String, for holder: String, seconds: Int, at time: Timestamp
    ) async throws(FleetError) -> Lease {
        try await write { db in
            try Self.refuseHeldLease(name, at: time, db)
            // Nodes outlive databases: a number from the clock is above what an earlier database gave out.
            try db.execute(
                sql: "UPDATE fencing SET number = max(number + 1, ?)", arguments: [time.milliseconds])
            guard let number = try Int64.fetchOne(db, sql: "SELECT number FROM fencing") else {
                throw StoreFailure.unreadable("fencing number", "it is not there")
            }
            let expires = time.adding(seconds: seconds)
            try db.execute(
                sql: "INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?, ?)",
                arguments: [name, holder, number, time.milliseconds, expires.milliseconds])
            try Self.appendAudit("lease-take", subject: name, detail: ["number": number], at: time, by: holder, db)
            return Lease(
                name: name, holder: holder, number: UInt64(number), takenAt: time, expiresAt: expires)
        }
    }

    /// Keeps a lease for longer. Fails with `lease-lost` when another has taken it since it ran out.
    public func renew(_ lease: Lease, seconds: Int, at time: Timestamp) async throws(FleetError) -> Lease {
        try await write { db in
            let expires = time.adding(seconds: seconds)
            try db.execute(
                sql: "UPDATE lease SET expires_at = ? WHERE name = ? AND number = ?",
                arguments: [expires.milliseconds, lease.name, Int64(lease.number)])
            guard db.changesCount == 1 else { throw Self.leaseLost(lease.name) }
            var renewed = lease
            renewed.expiresAt = expires
            return renewed
        }
    }

    /// Gives a lease back. Without effect when another has it by now.
    public func release(_ lease: Lease) async throws(FleetError) {
        try await write { db in
            try db.execute(
                sql: "DELETE FROM lease WHERE name = ? AND number = ?", arguments: [lease.name, Int64(lease.number)])
        }
    }

    /// The lease of that name, whether it has run out or not.
    public func lease(_ name: String) async throws(FleetError) -> Lease? {
        try await read { try Self.fetchLease(name, $0) }
    }

    static func requireLease(_ name: String, _ number: UInt64, _ db: Database) throws {
        guard try fetchLease(name, db)?.number == number else { throw leaseLost(name) }
    }

    static func fetchLease(_ name: String, _ db: Database) throws -> Lease? {
        let statement = try db.cachedStatement(
            sql:
                "SELECT holder, number, acquired_at, expires_at FROM lease WHERE name = ?")
        return try Row.fetchOne(statement, arguments: [name]).map { row in
            let number: Int64 = row[1]
            return Lease(
                name: name, holder: row[0], number: UInt64(clamping: number),
                takenAt: Timestamp(milliseconds: row[2]), expiresAt: Timestamp(milliseconds: row[3]))
        }
    }

    private static func refuseHeldLease(_ name: String, at time: Timestamp, _ db: Database) throws {
        guard let held = try fetchLease(name, db), held.expiresAt > time else { return }
        let seconds = (held.expiresAt.milliseconds - time.milliseconds + 999) / 1000
        throw FleetError(
            "lease-held", "\(held.holder) is driving \(name) at this moment.",
            advice: "Let it finish or stop it; if it has died, try again in \(seconds) s.")
    }

    private static func leaseLost(_ name: String) -> FleetError {
        FleetError(
            "lease-lost", "Another controller has taken over \(name).",
            advice: "Nothing more was done from here; follow the roll-out with `vfiofleet rollout show`.")
    }
}
