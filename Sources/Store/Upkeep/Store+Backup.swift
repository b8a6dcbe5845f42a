public import Fleet
import Foundation
internal import GRDB

extension Store {
    /// Copies the database into a file of its own, as it is at one moment, while others go on using it. The copy is checked
    /// before it has its name. Fails with `backup-exists`, `backup-not-written`, `store-damaged`.
    public func backUp(to file: String) async throws(FleetError) {
        guard !FileManager.default.fileExists(atPath: file) else {
            throw FleetError(
                "backup-exists", "There is a file \(file) already.", advice: "Name one that is not there yet.")
        }
        let part = file + ".part"
        let pool = pool
        try StoreFailure.rethrow(file) {
            try? FileManager.default.removeItem(atPath: part)
            guard FileManager.default.createFile(atPath: part, contents: nil, attributes: [.posixPermissions: 0o600])
            else {
                throw FleetError(
                    "backup-not-written", "The file \(file) can't be created.",
                    advice: "Name a file in a directory that you may write to.")
            }
            do {
                let copy = try DatabaseQueue(path: part)
                try pool.backup(to: copy)
                // One file, which holds everything.
                try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
                try copy.read { try Self.refuseDamage($0, file) }
                try copy.close()
                try Self.sync(part)
                try FileManager.default.moveItem(atPath: part, toPath: file)
            } catch {
                try? FileManager.default.removeItem(atPath: part)
                throw error
            }
        }
    }

    /// Puts a backup in the place of the database at `path`, whose files are kept beside it. Returns where; nil = there was none.
    ///
    /// The backup is copied, checked and brought to the present schema before anything is moved. Fails with `backup-unknown`,
    /// `backup-damaged`, `restore-in-use` while a process holds a lease of the database, and as `open` does.
    public static func restore(
        _ backup: String, to path: String, at time: Timestamp, by actor: String,
        isGone: @Sendable (_ holder: String) -> Bool
    ) async throws(FleetError) -> String? {
        guard FileManager.default.fileExists(atPath: backup) else {
            throw FleetError("backup-unknown", "There is no file \(backup).")
        }
        try await refuseInUse(path, at: time, isGone)
        let fresh = try await prepare(backup, beside: path, at: time, by: actor)
        return try StoreFailure.rethrow(path) {
            let kept = try setAside(path, at: time)
            try FileManager.default.moveItem(atPath: fresh, toPath: path)
            return kept
        }
    }

    private static func refuseInUse(
        _ path: String, at time: Timestamp, _ isGone: (String) -> Bool
    ) async throws(FleetError) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        let holders: [String]
        do throws(FleetError) {
            let store = try Store.open(path: path)
            holders = try await store.leaseHolders(at: time)
            try store.close()
        } catch {
            // What can't be opened is what a backup is for.
            guard ["store-damaged", "store-not-a-database"].contains(error.code) else { throw error }
            return
        }
        guard let holder = holders.first(where: { !isGone($0) }) else { return }
        throw FleetError(
            "restore-in-use", "\(holder.printableLine) works with \(path) at this moment.",
            advice: "End it first, such as with systemctl stop vfiofleet; if it has died, try again in 30 s.")
    }

    private func leaseHolders(at time: Timestamp) async throws(FleetError) -> [String] {
        try await read { db in
            try String.fetchAll(
                db, sql: "SELECT holder FROM lease WHERE expires_at > ?", arguments: [time.milliseconds])
        }
    }

    /// A checked copy with the present schema, ready to be moved into place.
    private static func prepare(
        _ backup: String, beside path: String, at time: Timestamp, by actor: String
    ) async throws(FleetError) -> String {
        let fresh = path + ".restored"
        let manager = FileManager.default
        for suffix in ["", "-wal", "-shm"] { try? manager.removeItem(atPath: fresh + suffix) }
        do throws(FleetError) {
            try StoreFailure.rethrow(path) {
                let directory = URL(fileURLWithPath: path).deletingLastPathComponent()
                try manager.createDirectory(
                    at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                try manager.copyItem(atPath: backup, toPath: fresh)
                try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: fresh)
            }
            let store = try Store.open(path: fresh)
            try await store.becomeRestored(from: backup, at: time, by: actor)
            try store.close()
            try StoreFailure.rethrow(fresh) { try sync(fresh) }
        } catch {
            for suffix in ["", "-wal", "-shm"] { try? manager.removeItem(atPath: fresh + suffix) }
            throw error
        }
        return fresh
    }

    private func becomeRestored(from backup: String, at time: Timestamp, by actor: String) async throws(FleetError) {
        try await read { try Self.refuseDamage($0, backup) }
        let audit = try await checkAudit()
        guard audit.flaws.isEmpty else {
            throw FleetError(
                "backup-damaged",
                "\(backup) is not as it was written: \(audit.flaws[0].place): \(audit.flaws[0].message).",
                advice: "Use another backup; vfiofleet audit verify --db tells all that is wrong with this one.")
        }
        try await write { db in
            // Whoever held them then holds them no more.
            try db.execute(sql: "DELETE FROM lease")
            try Self.appendAudit("restore", subject: backup, detail: [String: String](), at: time, by: actor, db)
        }
        let pool = pool
        try await StoreFailure.rethrow(path) {
            try await pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        }
    }

    private static func refuseDamage(_ db: Database, _ file: String) throws {
        try Schema.check(db, path: file)
        let words = try String.fetchAll(db, sql: "PRAGMA integrity_check")
        let orphans = try Int.fetchOne(db, sql: "SELECT count(*) FROM pragma_foreign_key_check") ?? 0
        guard words == ["ok"], orphans == 0 else {
            throw FleetError(
                "store-damaged",
                "The database \(file) is damaged: \(words.first ?? ""), \(orphans) rows refer to nothing.",
                advice: "Use another backup, or save what is readable with `sqlite3 FILE .recover`.")
        }
    }

    private static func setAside(_ path: String, at time: Timestamp) throws -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let kept = "\(path).before-restore-\(time.milliseconds / 1000)"
        for suffix in ["-wal", "-shm", ""] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.moveItem(atPath: path + suffix, toPath: kept + suffix)
        }
        return kept
    }

    private static func sync(_ file: String) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file))
        try handle.synchronize()
        try handle.close()
    }
}
