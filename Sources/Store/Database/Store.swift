public import Fleet
import Foundation
internal import GRDB

/// Everything the controller must remember, in one SQLite file: nodes, answers, sweeps, plans, roll-outs, leases.
///
/// Several processes may use one file at once. What a call returns is committed. Roll-out journals, plans and leases
/// survive a power loss; answers of a sweep survive a crash of the process, and a power loss may take the last of them.
/// Every write fails with `store-replaced` once the file was removed or exchanged under an open database.
public final class Store: Sendable {
    let pool: DatabasePool
    let decodedNodes = DecodedNodes()
    private let files: DatabaseFiles
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
            let pool = try DatabasePool(path: path, configuration: configuration(patience))
            try pool.barrierWriteWithoutTransaction { db in
                try syncEachCommit(db)
                try Schema.mark(db)
            }
            try migrate(pool, path)
            return Store(pool: pool, path: path)
        }
    }

    /// One process at a time: two that both find a table missing would both make it. The lock is on the folder, because
    /// closing any descriptor of the database's file would drop the locks that SQLite has on it.
    private static func migrate(_ pool: DatabasePool, _ path: String) throws {
        guard try pool.read({ try !Schema.migrator.hasCompletedMigrations($0) }) else { return }
        let folder = Foundation.open(URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_CLOEXEC)
        defer { if folder >= 0 { Foundation.close(folder) } }
        // Where the file system knows no such locks it is as it was without.
        if folder >= 0 { flock(folder, LOCK_EX) }
        try Schema.migrator.migrate(pool)
    }

    private init(pool: DatabasePool, path: String) {
        self.pool = pool
        self.path = path
        files = DatabaseFiles(path)
    }

    /// In a write-ahead log, `NORMAL` syncs at checkpoints only: a power loss would take back commits that have returned,
    /// and with them what was ordered from nodes. With `FULL` a commit returns when the log is on disk.
    ///
    /// Not in `prepareDatabase`: GRDB goes to `NORMAL` when it switches to the log, after that.
    private static func syncEachCommit(_ db: Database) throws { try db.execute(sql: "PRAGMA synchronous = FULL") }

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
        let (pool, files) = (pool, files)
        return try await StoreFailure.rethrow(path) {
            try await pool.write { db in
                try files.refuseReplaced()
                return try body(db)
            }
        }
    }

    /// One transaction that a power loss may take back, for what the next sweep sees again anyway.
    ///
    /// A later `write` makes it durable too: both go through the one write-ahead log, in order.
    func writeRelaxed<T: Sendable>(_ body: @Sendable @escaping (Database) throws -> T) async throws(FleetError) -> T {
        let (pool, files) = (pool, files)
        return try await StoreFailure.rethrow(path) {
            try await pool.writeWithoutTransaction { db in
                try files.refuseReplaced()
                try db.execute(sql: "PRAGMA synchronous = NORMAL")
                var result: T?
                let transaction = Result {
                    try db.inTransaction(.immediate) {
                        result = try body(db)
                        return .commit
                    }
                }
                try Self.syncEachCommit(db)
                try transaction.get()
                guard let result else { throw DatabaseError(resultCode: .SQLITE_ABORT) }
                return result
            }
        }
    }
}
