#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The process of a guest, known by its PID file.
struct GuestProcess {
    let node: ProxmoxNode
    let vmid: String

    /// As QEMU's command line names it.
    var pidFile: String { "/var/run/qemu-server/\(vmid).pid" }
    private var storedPidFile: String { "/run/qemu-server/\(vmid).pid" }

    /// The process, where it runs and is this guest's: its own command line names the same PID file.
    var running: Int32? {
        guard let line = node.files.firstLine(storedPidFile), let process = Int32(line),
            let bytes = NodeFiles(root: "").bytes("/proc/\(process)/cmdline")
        else { return nil }
        let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        guard let index = words.firstIndex(of: "-pidfile"), words.dropFirst(index + 1).first == pidFile else {
            return nil
        }
        return process
    }

    func start(_ command: [String]) throws -> Int32 {
        let words = [command.first ?? ""] + node.guest.prefix + command.dropFirst()
        guard let process = spawn(node.guest.executable, words) else {
            throw ProxmoxFailure("start failed: unable to run \(node.guest.executable): \(lastError())")
        }
        node.files.makeDirectories("/run/qemu-server")
        try node.files.replace(storedPidFile, with: Array("\(process)\n".utf8), mode: 0o644)
        try waitForCommandLine()
        return process
    }

    /// The child shows this program's command line until it has replaced itself.
    private func waitForCommandLine() throws {
        for _ in 0..<500 {
            if running != nil { return }
            usleep(2000)
        }
        throw ProxmoxFailure("start failed: QEMU exited with code 1")
    }

    /// Asks the process to end, makes it end after a while, and forgets it.
    func end() {
        guard let process = running else { return forget() }
        endProcess(process, killingAfter: 250)
        forget()
    }

    /// Ends it as a crash would, and leaves what it leaves behind.
    func crash() {
        guard let process = running else { return }
        kill(process, SIGKILL)
        while !isGone(process) { usleep(1000) }
    }

    func forget() { node.files.remove(storedPidFile) }
}
