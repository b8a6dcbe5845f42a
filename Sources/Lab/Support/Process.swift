import Glibc

/// A program run by the lab itself.
struct Process {
    var executable: String
    var arguments: [String]
    /// Descriptors of the child: standard input, output and error first. -1 = `/dev/null`.
    var descriptors: [Int32] = [-1, -1, -1]
    /// In a session of its own, so that a terminal's signals do not reach it.
    var newSession = false

    init(_ executable: String, _ arguments: [String], descriptors: [Int32] = [-1, -1, -1], newSession: Bool = false) {
        self.executable = executable
        self.arguments = arguments
        self.descriptors = descriptors
        self.newSession = newSession
    }

    /// Starts it, found in `PATH`, and gives its process id.
    func start() throws(LabError) -> pid_t {
        var attributes = posix_spawnattr_t()
        var actions = posix_spawn_file_actions_t()
        posix_spawnattr_init(&attributes)
        posix_spawn_file_actions_init(&actions)
        defer {
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&actions)
        }
        // POSIX_SPAWN_SETSID, which glibc shows to GNU sources only.
        if newSession { posix_spawnattr_setflags(&attributes, 0x80) }
        for (target, source) in descriptors.enumerated() {
            if source < 0 {
                posix_spawn_file_actions_addopen(&actions, Int32(target), "/dev/null", O_RDWR, 0)
            } else {
                posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
            }
        }
        let words = ([executable] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let status = posix_spawnp(&process, executable, &actions, &attributes, words + [nil], environ)
        guard status == 0 else {
            throw LabError(.program, "\(executable) can't be started: \(String(cString: strerror(status))).")
        }
        return process
    }

    /// Runs it to its end. Its output is read when `capture` is set.
    func run(capture: Bool = false) throws(LabError) -> (status: Int32, output: String) {
        guard capture else { return (wait(for: try start()), "") }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw .system("pipe", executable) }
        var child = self
        child.descriptors = [descriptors[0], ends[1], ends[1]] + descriptors.dropFirst(3)
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        defer { close(ends[0]) }
        let process: pid_t
        do {
            process = try child.start()
        } catch {
            close(ends[1])
            throw error
        }
        close(ends[1])
        let output = readAll(ends[0])
        return (wait(for: process), String(decoding: output, as: UTF8.self))
    }

    private func wait(for process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
    }
}

/// Everything until the end of the stream.
func readAll(_ descriptor: Int32) -> [UInt8] {
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16384)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count > 0 { content += buffer[..<count] }
        if count == 0 || (count < 0 && errno != EINTR) { return content }
    }
}

/// A process and the moment it started, so that a process id used again is not mistaken for it.
public struct ProcessMark: Codable, Hashable, Sendable {
    public var pid: Int32
    /// Field 22 of `/proc/PID/stat`: clock ticks since the machine started.
    public var startTime: UInt64

    /// Nil when there is no such process.
    init?(pid: Int32) {
        guard let ticks = Self.startTime(of: pid) else { return nil }
        self.pid = pid
        startTime = ticks
    }

    init(pid: Int32, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// The very process still runs (a zombie does not).
    var isAlive: Bool { Self.startTime(of: pid) == startTime }

    private static func startTime(of pid: Int32) -> UInt64? {
        guard let text = NodeFiles(root: "").text("/proc/\(pid)/stat"), let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
        return UInt64(fields[19])
    }
}
