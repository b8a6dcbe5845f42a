#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The node's files, by the paths that the node itself would use.
struct NodeFiles: Sendable {
    let root: String

    func real(_ path: String) -> String { root + path }

    /// Nil when the file can't be read.
    func bytes(_ path: String) -> [UInt8]? {
        let descriptor = open(real(path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { content += buffer[..<count] }
            if count == 0 { return content }
            if count < 0 && errno != EINTR { return nil }
        }
    }

    func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

    /// The first line without its newline, as for files in sysfs.
    func firstLine(_ path: String) -> String? {
        text(path).map { String($0.prefix { $0 != "\n" }) }
    }

    func exists(_ path: String) -> Bool { access(real(path), F_OK) == 0 }

    func isDirectory(_ path: String) -> Bool { kind(path) == S_IFDIR }
    func isFile(_ path: String) -> Bool { kind(path) == S_IFREG }

    private func kind(_ path: String) -> mode_t? {
        var status = stat()
        return stat(real(path), &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    func size(_ path: String) -> Int? {
        var status = stat()
        return stat(real(path), &status) == 0 ? Int(status.st_size) : nil
    }

    /// The names in a directory, sorted; empty when there is none.
    func list(_ path: String) -> [String] {
        guard let directory = opendir(real(path)) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                String(decoding: raw.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Where a symbolic link points; nil when the path is none.
    func link(_ path: String) -> String? {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink(real(path), &buffer, buffer.count)
        return count < 0 ? nil : String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    func makeDirectories(_ path: String) {
        var current = ""
        for part in path.split(separator: "/") {
            current += "/" + part
            mkdir(real(current), 0o755)
        }
    }

    @discardableResult func remove(_ path: String) -> Bool { unlink(real(path)) == 0 }

    @discardableResult func makeLink(_ path: String, to target: String) -> Bool {
        symlink(target, real(path)) == 0
    }

    /// Writes beside the file and renames, so that no reader sees half of it.
    func replace(_ path: String, with content: [UInt8], mode: mode_t = 0o640) throws {
        let temporary = real(path) + ".tmp.\(getpid())"
        do {
            try write(content, to: temporary, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: mode)
        } catch {
            unlink(temporary)
            throw error
        }
        guard rename(temporary, real(path)) == 0 else {
            let reason = lastError()
            unlink(temporary)
            throw ProxmoxFailure("close (rename) atomic file '\(path)' failed: \(reason)")
        }
    }

    /// Adds a line to a file that records what was written to it, as a sysfs attribute would have been.
    func append(_ text: String, to path: String) throws {
        try write(Array(text.utf8), to: real(path), flags: O_WRONLY | O_CREAT | O_APPEND, mode: 0o644)
    }

    private func write(_ content: [UInt8], to path: String, flags: Int32, mode: mode_t) throws {
        let descriptor = open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw ProxmoxFailure("unable to open file '\(path)' - \(lastError())") }
        defer { close(descriptor) }
        var offset = 0
        while offset < content.count {
            let count = content.withUnsafeBytes { raw in
                Self.writeAll(descriptor, raw, from: offset)
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw ProxmoxFailure("unable to write '\(path)' - \(lastError())") }
            offset += count
        }
    }

    private static func writeAll(_ descriptor: Int32, _ raw: UnsafeRawBufferPointer, from offset: Int) -> Int {
        let rest = UnsafeRawBufferPointer(rebasing: raw[offset...])
        #if canImport(Glibc)
            return Glibc.write(descriptor, rest.baseAddress, rest.count)
        #else
            return Darwin.write(descriptor, rest.baseAddress, rest.count)
        #endif
    }

    /// Makes a file of that size without taking its blocks.
    func makeSparse(_ path: String, size: Int) throws {
        let descriptor = open(real(path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw ProxmoxFailure("unable to create image: \(lastError())") }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(size)) == 0 else {
            throw ProxmoxFailure("unable to create image: \(lastError())")
        }
    }

    /// Runs `body` while holding an exclusive lock on the file, or fails after that many seconds.
    func locked<Result>(
        _ path: String, seconds: Int, _ console: inout Console, _ body: (inout Console) throws -> Result
    ) throws -> Result {
        let descriptor = open(real(path), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw ProxmoxFailure("can't open file - \(path) - \(lastError())")
        }
        defer { close(descriptor) }
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            console.warn("trying to acquire lock...")
            try wait(descriptor, path, seconds)
            console.warn(" OK\n")
        }
        return try body(&console)
    }

    private func wait(_ descriptor: Int32, _ path: String, _ seconds: Int) throws {
        for _ in 0..<(seconds * 20) {
            usleep(50_000)
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
        }
        throw ProxmoxFailure("\ncan't lock file '\(path)' - got timeout")
    }
}

func lastError() -> String { String(cString: strerror(errno)) }
