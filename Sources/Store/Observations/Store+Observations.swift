public import Fleet
internal import GRDB

extension Store {
    /// The last answer of each of `nodes` that ever gave one. Read in one piece: ask for a few hundred at a time.
    public func latestObservations(of nodes: [NodeName]) async throws(FleetError) -> [NodeName: StoredObservation] {
        try await read { db in
            var latest: [NodeName: StoredObservation] = [:]
            latest.reserveCapacity(nodes.count)
            let statement = try db.cachedStatement(
                sql: Self.observation + " WHERE name = ? AND is_current = 1")
            for node in nodes {
                // A cursor's row reads the statement itself, where a fetched one would copy the answer.
                let rows = try Row.fetchCursor(statement, arguments: [node.description])
                if let row = try rows.next() { latest[node] = try Self.observation(of: node, row) }
            }
            return latest
        }
    }

    /// The answer with this digest; nil = it is not kept.
    public func answer(_ digest: ContentDigest) async throws(FleetError) -> StoredAnswer? {
        try await read { db in
            let row = try Row.fetchOne(db, sql: "SELECT raw FROM answer WHERE digest = ?", arguments: [digest.blob])
            return try row.map { row in
                StoredAnswer(raw: try row.withUnsafeData(atIndex: 0) { $0.map(Array.init) ?? [] }, digest: digest)
            }
        }
    }

    /// Everything a node ever answered, oldest first.
    public func observations(of node: NodeName) async throws(FleetError) -> [StoredObservation] {
        try await read { db in
            _ = try Self.nodeID(node, db)
            return try Row.fetchAll(
                db, sql: Self.observation + " WHERE name = ? ORDER BY observation.id", arguments: [node.description]
            ).map { try Self.observation(of: node, $0) }
        }
    }

    /// The nodes that could not be observed at the last look, with the reason.
    public func currentFailures() async throws(FleetError) -> [NodeName: StoredFailure] {
        try await read { db in
            let rows = try Row.fetchAll(db, sql: Self.failure + " WHERE is_current = 1")
            return try Dictionary(
                rows.map { row in
                    let failure = try Self.failure(row)
                    return (failure.node, failure)
                }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Every run of failures of a node, oldest first.
    public func failures(of node: NodeName) async throws(FleetError) -> [StoredFailure] {
        try await read { db in
            try Row.fetchAll(
                db, sql: Self.failure + " WHERE name = ? ORDER BY failure.id", arguments: [node.description]
            ).map(Self.failure)
        }
    }

    private static let observation = """
        SELECT digest, raw, first_seen, last_seen, times FROM node
        JOIN observation ON observation.node_id = node.id JOIN answer ON answer.id = answer_id
        """

    private static func observation(of node: NodeName, _ row: Row) throws -> StoredObservation {
        let raw = try row.withUnsafeData(atIndex: 1) { $0.map(Array.init) ?? [] }
        let digest = try ContentDigest(blob: row[0], of: "answer of \(node)")
        return StoredObservation(
            node: node, answer: StoredAnswer(raw: raw, digest: digest),
            firstSeen: Timestamp(milliseconds: row[2]), lastSeen: Timestamp(milliseconds: row[3]), times: row[4])
    }

    private static let failure = """
        SELECT name, code, message, advice, first_seen, last_seen, times, is_current
        FROM failure JOIN node ON node.id = node_id
        """

    private static func failure(_ row: Row) throws -> StoredFailure {
        let code: String = row[1]
        return StoredFailure(
            node: try nodeName(row[0]),
            error: FleetError(FleetError.Code(rawValue: code), row[2], advice: row[3]),
            firstSeen: Timestamp(milliseconds: row[4]), lastSeen: Timestamp(milliseconds: row[5]), times: row[6],
            isCurrent: row[7])
    }
}
