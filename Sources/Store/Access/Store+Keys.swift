public import Fleet
internal import GRDB

/// A token for programs. The token itself is not kept.
public struct StoredToken: Hashable, Sendable {
    public var id: Int64
    public var user: UserName
    /// What it is for.
    public var title: String
    public var createdAt: Timestamp
    /// Nil = it does not expire by itself.
    public var expiresAt: Timestamp?
    public var revokedAt: Timestamp?
}

/// What opens the web page or the API: a session's or a token's secret, of which only the digest is known here.
extension Store {
    /// Fails with `user-unknown`. `digest`: the SHA-256 of the token.
    public func addToken(
        _ digest: ContentDigest, _ title: String, of user: UserName, until end: Timestamp?, at time: Timestamp,
        by actor: String
    ) async throws(FleetError) -> Int64 {
        try await write { db in
            guard try !Self.users("WHERE name = ?", [user.description], db).isEmpty else {
                throw Self.unknownUser(user)
            }
            try db.execute(
                sql: "INSERT INTO api_token (user, title, digest, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
                arguments: [user.description, title, digest.blob, time.milliseconds, end?.milliseconds])
            let id = db.lastInsertedRowID
            try Self.appendAudit(
                "token-create", subject: user.description, detail: ["id": "\(id)", "title": title], at: time, by: actor,
                db)
            return id
        }
    }

    /// Fails with `token-unknown`. Without effect where it was revoked before.
    public func revokeToken(_ id: Int64, at time: Timestamp, by actor: String) async throws(FleetError) {
        try await write { db in
            guard
                let row = try Row.fetchOne(
                    db, sql: "SELECT user, revoked_at FROM api_token WHERE id = ?", arguments: [id])
            else {
                throw FleetError(
                    "token-unknown", "There is no token \(id).", advice: "vfiofleet token list shows them.")
            }
            guard (row[1] as Int64?) == nil else { return }
            try db.execute(
                sql: "UPDATE api_token SET revoked_at = ? WHERE id = ?", arguments: [time.milliseconds, id])
            try Self.appendAudit(
                "token-revoke", subject: row[0], detail: ["id": "\(id)"], at: time, by: actor, db)
        }
    }

    /// The oldest first.
    public func tokens() async throws(FleetError) -> [StoredToken] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT id, user, title, created_at, expires_at, revoked_at FROM api_token ORDER BY id"
            ).map { row in
                let name: String = row[1]
                guard let user = UserName(name) else { throw StoreFailure.unreadable("token", "its user is “\(name)”") }
                let (end, revoked): (Int64?, Int64?) = (row[4], row[5])
                return StoredToken(
                    id: row[0], user: user, title: row[2], createdAt: Timestamp(milliseconds: row[3]),
                    expiresAt: end.map(Timestamp.init(milliseconds:)),
                    revokedAt: revoked.map(Timestamp.init(milliseconds:)))
            }
        }
    }

    /// Whose token this is; nil = nobody's that counts now.
    public func user(ofToken digest: ContentDigest, at time: Timestamp) async throws(FleetError) -> StoredUser? {
        try await read { db in
            try Self.users(
                """
                WHERE name = (SELECT user FROM api_token WHERE digest = ?1 AND revoked_at IS NULL
                AND (expires_at IS NULL OR expires_at > ?2))
                """, [digest.blob, time.milliseconds], db
            ).first?.user
        }
    }

    /// Those that have ended go at the same time. Fails with `user-unknown`.
    public func openSession(
        _ digest: ContentDigest, of user: UserName, until end: Timestamp, at time: Timestamp
    ) async throws(FleetError) {
        try await write { db in
            try db.execute(sql: "DELETE FROM web_session WHERE expires_at <= ?", arguments: [time.milliseconds])
            guard try !Self.users("WHERE name = ?", [user.description], db).isEmpty else {
                throw Self.unknownUser(user)
            }
            try db.execute(
                sql: "INSERT INTO web_session VALUES (?, ?, ?, ?)",
                arguments: [digest.blob, user.description, time.milliseconds, end.milliseconds])
            try Self.appendAudit(
                "login", subject: user.description, detail: Nothing(), at: time, by: "\(user)@web", db)
        }
    }

    /// Whose session this is; nil = it has ended, or there never was one.
    public func user(ofSession digest: ContentDigest, at time: Timestamp) async throws(FleetError) -> StoredUser? {
        try await read { db in
            try Self.users(
                "WHERE name = (SELECT user FROM web_session WHERE digest = ? AND expires_at > ?)",
                [digest.blob, time.milliseconds], db
            ).first?.user
        }
    }

    /// Without effect where it has ended.
    public func closeSession(_ digest: ContentDigest, at time: Timestamp) async throws(FleetError) {
        try await write { db in
            let user = try String.fetchOne(
                db, sql: "DELETE FROM web_session WHERE digest = ? RETURNING user", arguments: [digest.blob])
            guard let user else { return }
            try Self.appendAudit("logout", subject: user, detail: Nothing(), at: time, by: "\(user)@web", db)
        }
    }
}
