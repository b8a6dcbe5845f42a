public import Fleet
import Foundation
internal import GRDB

/// Everything the controller must remember, in one SQLite file: nodes, answers, sweeps, plans, roll-outs, leases.
///
/// Several processes may use one file at once. What a call returns is committed. Roll-out journals, plans and leases
/// survive a power loss; answers of a sweep survive a crash of the process, and a power loss may take the last of them.
public final class Store: Sendable {
    let pool: DatabasePool
    /// The file, for messages.
    public let path: String

    /// How long a call waits for another process that is writing, before it fails with `store-locked`.
    public static let defaultPatience: Duration = .seconds(10)

    /// Opens the database, makes it where there is none, and brings its schema up to date.
    ///
    /// Fails with `store-newer-schema` for a file from a newer version, `store-foreign-file` for another program's
    /// database, `store-not-a-database`, `store-cannot-open`, `store-locked`, `store-disk-full`.
    public static func open(path: String, patience: Duration = defaultPatience) throws(FleetError) -> Store {
        try StoreFailure.rethrow(path) {
            if try !makePrivateFile(path) { try refuseForeignFile(path, patience) }
            let store = Store(pool: try DatabasePool(path: path, configuration: configuration(patience)), path: path)
            try store.pool.barrierWriteWithoutTransaction(Schema.mark)
            try Schema.migrator.migrate(store.pool)
            return store
        }
    }

    private init(pool: DatabasePool, path: String) {
        self.pool = pool
        self.path = path
    }

    /// Closes the file. Calls after it fail.
    public func close() throws(FleetError) {
        try StoreFailure.rethrow(path) { try pool.close() }
    }

    private static func configuration(_ patience: Duration) -> Configuration {
        var configuration = Configuration()
        configuration.label = "vfiofleet"
        configuration.busyMode = .timeout(
            Double(patience.components.seconds) + Double(patience.components.attoseconds) / 1e18)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            // The journal of a roll-out must survive a power loss; sweeps lower this for their own writes.
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
        return configuration
    }

    /// Looks before anything is written: even switching to a write-ahead log would change another program's file.
    private static func refuseForeignFile(_ path: String, _ patience: Duration) throws {
        var configuration = configuration(patience)
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.read { try Schema.check($0, path: path) }
        try queue.close()
    }

    /// Nodes' files and addresses are nobody else's business: the database is its owner's alone from the first byte.
    /// Returns whether the file was made.
    private static func makePrivateFile(_ path: String) throws -> Bool {
        guard !FileManager.default.fileExists(atPath: path) else { return false }
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent()
        try? FileManager.default.createDirectory(
            at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
        else {
            throw FleetError(
                "store-cannot-open", "The database \(path) can't be created.",
                advice: "Name a file in a directory that you may write to, with --db or VFIOFLEET_DB.")
        }
        return true
    }
}

extension Store {
    /// One transaction that reads a single state of the database.
    func read<T: Sendable>(_ body: @Sendable @escaping (Database) throws -> T) async throws(FleetError) -> T {
        let pool = pool
        return try await StoreFailure.rethrow(path) { try await pool.read(body) }
    }

    /// One transaction that is on disk when the call returns.
    func write<T: Sendable>(_ body: @Sendable @escaping (Database) throws -> T) async throws(FleetError) -> T {
        let pool = pool
        return try await StoreFailure.rethrow(path) { try await pool.write(body) }
    }

    /// One transaction that a power loss may take back, for what the next sweep sees again anyway.
    ///
    /// A later `write` makes it durable too: both go through the one write-ahead log, in order.
    func writeRelaxed<T: Sendable>(_ body: @Sendable @escaping (Database) throws -> T) async throws(FleetError) -> T {
        let pool = pool
        return try await StoreFailure.rethrow(path) {
            try await pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
                defer { try? db.execute(sql: "PRAGMA synchronous = FULL") }
                var result: T?
                try db.inTransaction(.immediate) {
                    result = try body(db)
                    return .commit
                }
                guard let result else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
                return result
            }
        }
    }
}
