public import Fleet
internal import GRDB

/// A user as it is kept; the password's hash only where it was asked for.
public struct StoredUser: Hashable, Sendable {
    public var name: UserName
    public var role: UserRole
    public var createdAt: Timestamp
    /// When the role or the password was last changed.
    public var changedAt: Timestamp
}

extension Store {
    /// Fails with `user-exists`. `password`: its slow hash.
    public func addUser(
        _ name: UserName, _ role: UserRole, password: String, at time: Timestamp, by actor: String
    ) async throws(FleetError) {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO web_user VALUES (?1, ?2, ?3, ?4, ?4) ON CONFLICT (name) DO NOTHING",
                arguments: [name.description, role.rawValue, password, time.milliseconds])
            guard db.changesCount == 1 else {
                throw FleetError(
                    "user-exists", "There is a user \(name) already.",
                    advice: "vfiofleet user passwd \(name) sets a new password; user remove takes the user away.")
            }
            try Self.appendAudit(
                "user-add", subject: name.description, detail: ["role": role.rawValue], at: time, by: actor, db)
        }
    }

    /// Ends the user's sessions: who has them may have had the old password. Fails with `user-unknown`.
    public func setPassword(
        _ password: String, of name: UserName, at time: Timestamp, by actor: String
    ) async throws(FleetError) {
        try await write { db in
            try db.execute(
                sql: "UPDATE web_user SET password = ?, changed_at = ? WHERE name = ?",
                arguments: [password, time.milliseconds, name.description])
            guard db.changesCount == 1 else { throw Self.unknownUser(name) }
            try db.execute(sql: "DELETE FROM web_session WHERE user = ?", arguments: [name.description])
            try Self.appendAudit("user-password", subject: name.description, detail: Nothing(), at: time, by: actor, db)
        }
    }

    /// With all sessions and tokens. Fails with `user-unknown`.
    public func removeUser(_ name: UserName, at time: Timestamp, by actor: String) async throws(FleetError) {
        try await write { db in
            try db.execute(sql: "DELETE FROM web_user WHERE name = ?", arguments: [name.description])
            guard db.changesCount == 1 else { throw Self.unknownUser(name) }
            try Self.appendAudit("user-remove", subject: name.description, detail: Nothing(), at: time, by: actor, db)
        }
    }

    /// By name.
    public func users() async throws(FleetError) -> [StoredUser] {
        try await read { try Self.users("ORDER BY name", [], $0).map(\.user) }
    }

    /// The user with the hash of the password; nil = there is none of that name.
    public func userToCheck(_ name: UserName) async throws(FleetError) -> (user: StoredUser, password: String)? {
        try await read { try Self.users("WHERE name = ?", [name.description], $0).first }
    }

    static func users(
        _ condition: String, _ arguments: StatementArguments, _ db: Database
    ) throws -> [(user: StoredUser, password: String)] {
        let statement = try db.cachedStatement(
            sql: "SELECT name, role, created_at, changed_at, password FROM web_user " + condition)
        return try Row.fetchAll(statement, arguments: arguments).map { row in
            let (name, role): (String, String) = (row[0], row[1])
            guard let user = UserName(name), let role = UserRole(rawValue: role) else {
                throw StoreFailure.unreadable("user", "it is “\(name)”, “\(role)”")
            }
            let stored = StoredUser(
                name: user, role: role, createdAt: Timestamp(milliseconds: row[2]),
                changedAt: Timestamp(milliseconds: row[3]))
            return (stored, row[4])
        }
    }

    static func unknownUser(_ name: UserName) -> FleetError {
        FleetError("user-unknown", "There is no user \(name).", advice: "vfiofleet user list shows them.")
    }
}

/// The detail of an audit line that has none.
struct Nothing: Encodable {}
