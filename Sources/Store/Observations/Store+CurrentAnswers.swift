public import Fleet
internal import GRDB

/// Which answer a node gave last, without the answer.
public struct CurrentAnswer: Hashable, Sendable {
    /// Another one than before = another answer.
    public var id: Int64
    public var lastSeen: Timestamp
}

extension Store {
    /// The last answer of each node in the inventory that gave one.
    public func currentAnswers() async throws(FleetError) -> [NodeName: CurrentAnswer] {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT name, observation.id, last_seen FROM node JOIN observation ON node_id = node.id
                    WHERE is_current = 1 AND retired_at IS NULL
                    """)
            var answers: [NodeName: CurrentAnswer] = [:]
            for row in rows {
                guard let node = NodeName(row[0] as String) else { continue }
                answers[node] = CurrentAnswer(id: row[1], lastSeen: Timestamp(milliseconds: row[2]))
            }
            return answers
        }
    }
}
