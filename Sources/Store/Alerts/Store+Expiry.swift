public import Fleet
internal import GRDB

extension Store {
    /// Tells `routes` once of each exemption that has run out, where what it was for still does not hold and nobody else
    /// answers for it.
    public func tellExpiredExemptions(_ routes: [AlertRoute], at time: Timestamp) async throws(FleetError) {
        let hasExpired = try await read { db in
            try Bool.fetchOne(
                db,
                sql: "SELECT EXISTS (SELECT 1 FROM exemption WHERE expiry_told_at IS NULL AND expires_at <= ?)",
                arguments: [time.milliseconds]) ?? false
        }
        guard hasExpired else { return }
        try await write { db in
            let expired = try Self.exemptions(
                "WHERE withdrawn_at IS NULL AND expiry_told_at IS NULL AND expires_at <= ?", [time.milliseconds], db)
            let counting = try Self.exemptions(countingAt: time, db)
            let failing = try Self.standings("WHERE ended_at IS NULL AND status <> 'pass'", [], db)
                .filter { standing in
                    expired.contains { $0.covered(standing.subject) }
                        && !counting.contains { $0.covers(standing.subject, at: time) }
                }
            for (playbook, standings) in Dictionary(grouping: failing, by: \.playbook).sorted(by: { $0.key < $1.key }) {
                try Self.tell(routes, standings.map { AlertItem(expired: $0) }, under: playbook, at: time, db)
            }
            try db.execute(
                sql: "UPDATE exemption SET expiry_told_at = ?1 WHERE expiry_told_at IS NULL AND expires_at <= ?1",
                arguments: [time.milliseconds])
        }
    }
}

extension StoredExemption {
    /// Whether it was about this rule, while it counted.
    fileprivate func covered(_ subject: RuleSubject) -> Bool {
        exemption.covers(subject, at: Timestamp(milliseconds: exemption.expiresAt.milliseconds - 1))
    }
}

extension AlertItem {
    fileprivate init(expired standing: RuleStanding) {
        self.init(
            .exemptionExpired, standing.subject, verdict: "does not hold, and its exemption has run out",
            message: standing.state.message, drift: standing.drift)
    }
}
