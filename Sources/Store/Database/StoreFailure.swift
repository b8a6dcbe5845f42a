import Fleet
internal import GRDB

/// SQLite's failures as values with a code, what was found, and what helps.
enum StoreFailure {
    static func rethrow<T>(_ path: String, _ body: () throws -> T) throws(FleetError) -> T {
        do { return try body() } catch { throw value(of: error, path) }
    }

    static func rethrow<T: Sendable>(
        _ path: String, _ body: @Sendable () async throws -> T
    ) async throws(FleetError) -> T {
        do { return try await body() } catch { throw value(of: error, path) }
    }

    static func value(of error: any Error, _ path: String) -> FleetError {
        switch error {
        case let error as FleetError: error
        case let error as DatabaseError: describe(error, path)
        case is CancellationError: FleetError("cancelled", "The work was cancelled.")
        default: FleetError("store-failed", "The database \(path) could not be used: \(error).")
        }
    }

    private static func describe(_ error: DatabaseError, _ path: String) -> FleetError {
        let said = error.message ?? "SQLite error \(error.resultCode.rawValue)"
        let (code, message, advice): (FleetError.Code, String, String) =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED:
                (
                    "store-locked", "The database \(path) is in use by another process that did not let go in time.",
                    "Wait for the other vfiofleet command to end, then try again; `fuser \(path)` names it."
                )
            case .SQLITE_FULL:
                (
                    "store-disk-full", "There is no room left to write the database \(path).",
                    "Free some space in its file system; nothing that was half written is kept."
                )
            case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
                (
                    "store-read-only", "The database \(path) can't be written to: \(said).",
                    "Make the file and its directory writable to you, or name another one with --db."
                )
            case .SQLITE_CANTOPEN:
                (
                    "store-cannot-open", "The database \(path) can't be opened: \(said).",
                    "Name a file in a directory that you may write to, with --db or VFIOFLEET_DB."
                )
            case .SQLITE_NOTADB:
                (
                    "store-not-a-database", "The file \(path) is no SQLite database.",
                    "Name another file with --db, or move this one away."
                )
            case .SQLITE_CORRUPT:
                (
                    "store-damaged", "The database \(path) is damaged: \(said).",
                    "Keep a copy of the file, then restore a backup or save what is readable with "
                        + "`sqlite3 FILE .recover`."
                )
            case .SQLITE_IOERR:
                (
                    "store-io-failed", "The database \(path) could not be read or written: \(said).",
                    "Look at the kernel log for failures of the disk; nothing that was half written is kept."
                )
            case .SQLITE_CONSTRAINT:
                (
                    "store-constraint", "The database \(path) refused a value that breaks a rule: \(said).",
                    "This is a defect of vfiofleet; please report it with the command that led to it."
                )
            default:
                (
                    "store-failed", "The database \(path) could not be used: \(said).",
                    "`sqlite3 \(path) 'PRAGMA integrity_check'` tells whether the file is sound."
                )
            }
        return FleetError(code, message, advice: advice)
    }

    /// A row that this version can't make sense of: never skipped, always said.
    static func unreadable(_ what: String, _ why: String) -> FleetError {
        FleetError(
            "store-unreadable-row", "The stored \(what) can't be read: \(why).",
            advice: "It may come from another version of vfiofleet; use that version, or restore a backup.")
    }
}
