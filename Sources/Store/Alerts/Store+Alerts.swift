public import Fleet
internal import GRDB

/// An alert in the outbox.
public struct StoredAlert: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        case waiting(until: Timestamp)
        case sent(Timestamp)
        case givenUp
    }

    /// Counts up within one database.
    public var id: Int64
    /// 32 hexadecimal digits, the same at every attempt: receivers tell by it what they have heard already.
    public var uid: String
    public var receiver: String
    public var alert: Alert
    public var createdAt: Timestamp
    /// Attempts that failed.
    public var attempts: Int
    public var state: State
    /// Why the last attempt failed.
    public var error: FleetError?

    public init(
        id: Int64, uid: String, receiver: String, alert: Alert, createdAt: Timestamp, attempts: Int, state: State,
        error: FleetError? = nil
    ) {
        self.id = id
        self.uid = uid
        self.receiver = receiver
        self.alert = alert
        self.createdAt = createdAt
        self.attempts = attempts
        self.state = state
        self.error = error
    }
}

extension Store {
    /// What is to be sent at `time`, the oldest first.
    public func dueAlerts(at time: Timestamp, limit: Int = 100) async throws(FleetError) -> [StoredAlert] {
        try await read { db in
            try Self.alerts("WHERE due_at <= ? ORDER BY id LIMIT ?", [time.milliseconds, limit], db)
        }
    }

    /// When the next alert is due; nil = none waits.
    public func nextAlert() async throws(FleetError) -> Timestamp? {
        try await read { db in
            try Int64.fetchOne(db, sql: "SELECT min(due_at) FROM alert WHERE due_at IS NOT NULL")
                .map(Timestamp.init(milliseconds:))
        }
    }

    /// The latest alerts, the oldest of them first; all where `count` is nil.
    public func alerts(latest count: Int? = nil) async throws(FleetError) -> [StoredAlert] {
        try await read { try Self.alerts("ORDER BY id DESC LIMIT ?", [count ?? -1], $0).reversed() }
    }

    public func markSent(_ id: Int64, at time: Timestamp) async throws(FleetError) {
        try await write { db in
            try db.execute(
                sql: "UPDATE alert SET sent_at = ?, due_at = NULL, error = NULL WHERE id = ?",
                arguments: [time.milliseconds, id])
        }
    }

    /// `next`: nil = it is given up.
    public func markFailed(_ id: Int64, _ error: FleetError, next: Timestamp?) async throws(FleetError) {
        try await write { db in
            try db.execute(
                sql: "UPDATE alert SET attempts = attempts + 1, due_at = ?, error = ? WHERE id = ? AND sent_at IS NULL",
                arguments: [next?.milliseconds, try Document.text(error), id])
        }
    }

    /// Tries again at once what was not delivered: these, or all. Returns how many there are.
    /// Fails with `alert-unknown` and `alert-sent`.
    public func retryAlerts(_ ids: [Int64]? = nil, at time: Timestamp) async throws(FleetError) -> Int {
        try await write { db in
            for id in ids ?? [] { try refuseRetry(of: id, db) }
            let wanted = ids.map { "AND id IN (\($0.map(String.init).joined(separator: ",")))" } ?? ""
            try db.execute(
                sql: "UPDATE alert SET due_at = ? WHERE sent_at IS NULL \(wanted)", arguments: [time.milliseconds])
            return db.changesCount
        }
    }

    /// Tells `routes` in one transaction of its own.
    public func tell(
        _ routes: [AlertRoute], _ items: [AlertItem], under playbook: String, at time: Timestamp
    ) async throws(FleetError) {
        try await write { try Self.tell(routes, items, under: playbook, at: time, $0) }
    }

    static func tell(
        _ routes: [AlertRoute], _ items: [AlertItem], under playbook: String, at time: Timestamp, _ db: Database
    ) throws {
        for route in routes {
            guard let alert = route.alert(items, under: playbook, at: time) else { continue }
            try insert(alert, to: route.receiver, at: time, db)
        }
    }

    static func insert(_ alert: Alert, to receiver: String, at time: Timestamp, _ db: Database) throws {
        try db.cachedStatement(
            sql: "INSERT INTO alert (receiver, document, created_at, due_at) VALUES (?1, ?2, ?3, ?3)"
        ).execute(arguments: [receiver, try Document.text(alert), time.milliseconds])
    }

    private static func alerts(_ condition: String, _ arguments: StatementArguments, _ db: Database) throws
        -> [StoredAlert]
    {
        try Row.fetchAll(
            db,
            sql: """
                SELECT id, uid, receiver, document, created_at, attempts, due_at, sent_at, error FROM alert \(condition)
                """, arguments: arguments
        ).map { row in
            let (id, due, sent, error): (Int64, Int64?, Int64?, String?) = (row[0], row[6], row[7], row[8])
            return StoredAlert(
                id: id, uid: row[1], receiver: row[2], alert: try Document.value(row[3], "alert \(id)"),
                createdAt: Timestamp(milliseconds: row[4]), attempts: row[5],
                state: sent.map { .sent(Timestamp(milliseconds: $0)) }
                    ?? due.map { .waiting(until: Timestamp(milliseconds: $0)) } ?? .givenUp,
                error: try error.map { try Document.value($0, "error of alert \(id)") })
        }
    }
}

private func refuseRetry(of id: Int64, _ db: Database) throws {
    guard let row = try Row.fetchOne(db, sql: "SELECT sent_at FROM alert WHERE id = ?", arguments: [id]) else {
        throw FleetError("alert-unknown", "There is no alert \(id).", advice: "vfiofleet alerts list shows them.")
    }
    guard row[0] as Int64? == nil else {
        throw FleetError("alert-sent", "The alert \(id) has been delivered.", advice: "Retry those that were not.")
    }
}
