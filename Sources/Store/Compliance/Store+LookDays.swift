public import Fleet
internal import GRDB

/// On which days a node was verified.
public struct LookDays: Hashable, Sendable {
    /// The first moment of each day in UTC, and whether the node could be looked at on it.
    public var days: [Timestamp: Bool]

    public init(_ days: [Timestamp: Bool] = [:]) { self.days = days }

    /// The first day on which it could be looked at.
    public var first: Timestamp? { days.filter(\.value).keys.min() }
}

extension Store {
    /// Of nodes in the inventory, from the day of `time` on. A node without any is left out.
    public func lookDays(since time: Timestamp) async throws(FleetError) -> [NodeName: LookDays] {
        try await read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT name, day, observed FROM look_day JOIN node ON node.id = node_id
                    WHERE retired_at IS NULL AND day > ? - 86400000
                    """, arguments: [time.milliseconds])
            var looks: [NodeName: LookDays] = [:]
            while let row = try rows.next() {
                let name: String = row[0]
                guard let node = NodeName(name) else { throw StoreFailure.unreadable("node name", "it is “\(name)”") }
                looks[node, default: LookDays()].days[Timestamp(milliseconds: row[1])] = row[2] as Bool
            }
            return looks
        }
    }

    static func noteLook(at node: Int64, isObserved: Bool, at time: Int64, _ db: Database) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO look_day VALUES (?1, ?2 - ?2 % 86400000, ?3)
                ON CONFLICT (node_id, day) DO UPDATE SET observed = 1 WHERE excluded.observed > observed
                """
        ).execute(arguments: [node, time, isObserved])
    }
}
