internal import Foundation
internal import GRDBSQLite

/// SQLite's own way to the disk with a witness between: what it writes into files of a watched folder, cuts off or syncs is
/// told to that folder's `PowerCutDisk` first, which may refuse it. Everything else goes through as it is.
enum WatchingVFS {
    /// Becomes the default of this process; databases in other folders don't notice.
    static let install: Void = {
        _ = sqlite3_initialize()
        let shim = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        shim.initialize(to: real.pointee)
        shim.pointee.zName = UnsafePointer(strdup("vfiofleet-power-cut"))
        shim.pointee.pNext = nil
        shim.pointee.szOsFile += Int32(MemoryLayout<WatchedFile>.stride)
        shim.pointee.xOpen = { _, name, file, flags, outFlags in
            guard let file else { return SQLITE_CANTOPEN }
            return WatchedFile.open(name, file, flags, outFlags)
        }
        shim.pointee.xDelete = { _, name, sync in
            guard let name, PowerCutDisk.permits(.delete, String(cString: name)) else { return SQLITE_IOERR }
            return WatchingVFS.real.pointee.xDelete(WatchingVFS.real, name, sync)
        }
        precondition(sqlite3_vfs_register(shim, 1) == SQLITE_OK)
    }()

    nonisolated(unsafe) static let real: UnsafeMutablePointer<sqlite3_vfs> = {
        guard let vfs = sqlite3_vfs_find(nil) else { preconditionFailure("SQLite has no way to the disk") }
        return vfs
    }()
}

/// What SQLite holds as an open file: ours, with the real one behind it in the same piece of memory.
struct WatchedFile {
    /// Stands first: the only part that SQLite looks at.
    var base: sqlite3_file
    var watch: Unmanaged<Watch>?

    /// Whose file it is.
    final class Watch {
        let path: String
        init(path: String) { self.path = path }
    }

    typealias File = UnsafeMutablePointer<sqlite3_file>

    static func at(_ file: File) -> UnsafeMutablePointer<WatchedFile> {
        UnsafeMutableRawPointer(file).assumingMemoryBound(to: WatchedFile.self)
    }

    static func real(_ file: File) -> File {
        (UnsafeMutableRawPointer(file) + MemoryLayout<WatchedFile>.stride).assumingMemoryBound(to: sqlite3_file.self)
    }

    static func open(
        _ name: UnsafePointer<CChar>?, _ file: File, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        let real = real(file)
        real.pointee.pMethods = nil
        file.pointee.pMethods = nil
        at(file).pointee.watch = nil
        let status = WatchingVFS.real.pointee.xOpen(WatchingVFS.real, name, real, flags, outFlags)
        guard real.pointee.pMethods != nil else { return status }
        file.pointee.pMethods = UnsafePointer(methods)
        if let name {
            let path = String(cString: name)
            if PowerCutDisk.isWatched(path) { at(file).pointee.watch = .passRetained(Watch(path: path)) }
        }
        return status
    }

    /// Whether what is about to be done to a file may be.
    static func permits(_ change: PowerCutDisk.Change, _ file: File) -> Bool {
        guard let watch = at(file).pointee.watch else { return true }
        return PowerCutDisk.permits(change, watch.takeUnretainedValue().path)
    }

    private static func close(_ file: File) -> Int32 {
        at(file).pointee.watch?.release()
        at(file).pointee.watch = nil
        return real(file).pointee.pMethods.pointee.xClose(real(file))
    }

    nonisolated(unsafe) private static let methods: UnsafeMutablePointer<sqlite3_io_methods> = {
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: sqlite3_io_methods())
        // The second version knows shared memory; the third would write through mapped pages, past the witness.
        methods.pointee.iVersion = 2
        addChanges(to: methods)
        addReads(to: methods)
        addLocks(to: methods)
        addSharedMemory(to: methods)
        return methods
    }()

    private static func addChanges(to methods: UnsafeMutablePointer<sqlite3_io_methods>) {
        methods.pointee.xWrite = { file, bytes, count, offset in
            guard let file, let bytes else { return SQLITE_IOERR }
            let content = [UInt8](UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            guard WatchedFile.permits(.write(at: Int(offset), content), file) else { return SQLITE_IOERR }
            return WatchedFile.real(file).pointee.pMethods.pointee.xWrite(WatchedFile.real(file), bytes, count, offset)
        }
        methods.pointee.xTruncate = { file, size in
            guard let file, WatchedFile.permits(.truncate(Int(size)), file) else { return SQLITE_IOERR }
            return WatchedFile.real(file).pointee.pMethods.pointee.xTruncate(WatchedFile.real(file), size)
        }
        methods.pointee.xSync = { file, flags in
            guard let file, WatchedFile.permits(.sync, file) else { return SQLITE_IOERR }
            // The disk is a made-up one: waiting for the real one proves nothing.
            _ = flags
            return SQLITE_OK
        }
        methods.pointee.xClose = { file in file.map { WatchedFile.close($0) } ?? SQLITE_OK }
    }

    private static func addReads(to methods: UnsafeMutablePointer<sqlite3_io_methods>) {
        methods.pointee.xRead = { file, bytes, count, offset in
            guard let file else { return SQLITE_IOERR }
            return WatchedFile.real(file).pointee.pMethods.pointee.xRead(WatchedFile.real(file), bytes, count, offset)
        }
        methods.pointee.xFileSize = { file, size in
            guard let file else { return SQLITE_IOERR }
            return WatchedFile.real(file).pointee.pMethods.pointee.xFileSize(WatchedFile.real(file), size)
        }
        methods.pointee.xFileControl = { file, operation, argument in
            guard let file else { return SQLITE_NOTFOUND }
            return WatchedFile.real(file).pointee.pMethods.pointee.xFileControl(
                WatchedFile.real(file), operation, argument)
        }
        methods.pointee.xSectorSize = { file in
            file.map { WatchedFile.real($0).pointee.pMethods.pointee.xSectorSize(WatchedFile.real($0)) } ?? 512
        }
        methods.pointee.xDeviceCharacteristics = { file in
            file.map { WatchedFile.real($0).pointee.pMethods.pointee.xDeviceCharacteristics(WatchedFile.real($0)) } ?? 0
        }
    }

    private static func addLocks(to methods: UnsafeMutablePointer<sqlite3_io_methods>) {
        methods.pointee.xLock = { file, level in
            file.map { WatchedFile.real($0).pointee.pMethods.pointee.xLock(WatchedFile.real($0), level) }
                ?? SQLITE_IOERR
        }
        methods.pointee.xUnlock = { file, level in
            file.map { WatchedFile.real($0).pointee.pMethods.pointee.xUnlock(WatchedFile.real($0), level) }
                ?? SQLITE_IOERR
        }
        methods.pointee.xCheckReservedLock = { file, result in
            file.map { WatchedFile.real($0).pointee.pMethods.pointee.xCheckReservedLock(WatchedFile.real($0), result) }
                ?? SQLITE_IOERR
        }
    }

    private static func addSharedMemory(to methods: UnsafeMutablePointer<sqlite3_io_methods>) {
        methods.pointee.xShmMap = { file, page, size, extend, memory in
            guard let file else { return SQLITE_IOERR }
            return WatchedFile.real(file).pointee.pMethods.pointee.xShmMap(
                WatchedFile.real(file), page, size, extend, memory)
        }
        methods.pointee.xShmLock = { file, offset, count, flags in
            guard let file else { return SQLITE_IOERR }
            return WatchedFile.real(file).pointee.pMethods.pointee.xShmLock(
                WatchedFile.real(file), offset, count, flags)
        }
        methods.pointee.xShmBarrier = { file in
            if let file { WatchedFile.real(file).pointee.pMethods.pointee.xShmBarrier(WatchedFile.real(file)) }
        }
        methods.pointee.xShmUnmap = { file, remove in
            file.map { WatchedFile.real($0).pointee.pMethods.pointee.xShmUnmap(WatchedFile.real($0), remove) }
                ?? SQLITE_OK
        }
    }
}
