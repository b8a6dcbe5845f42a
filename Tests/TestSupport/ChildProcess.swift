internal import Foundation
import Synchronization

/// A process that a test started, and ends.
///
/// Not Foundation's `Process`: that takes the end of a descriptor it hands down for the end of the process, and then waits
/// for it in the thread that hears of all others. ssh-agent closes what it was handed down (OpenSSH 10), and lives on.
public final class ChildProcess: Sendable {
    public let pid: Int32
    private let isRunning = Mutex(true)

    /// Starts `arguments[0]`; its output goes to the file `log`, or nowhere.
    public init(_ arguments: [String], environment: [String: String]? = nil, log: String? = nil) throws {
        let environment = environment ?? ProcessInfo.processInfo.environment
        pid = try Self.spawn(arguments, environment.map { "\($0)=\($1)" }, output: log ?? "/dev/null")
    }

    deinit { kill() }

    public func kill() {
        isRunning.withLock { isRunning in
            guard isRunning else { return }
            isRunning = false
            Foundation.kill(pid, SIGKILL)
            waitpid(pid, nil, 0)
        }
    }

    /// Stops it without ending it, so that it answers nothing.
    public func freeze() { Foundation.kill(pid, SIGSTOP) }

    private static func spawn(_ arguments: [String], _ environment: [String], output: String) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        for descriptor in try openDescriptors() where descriptor > 2 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        try hearSignals(&attributes)
        var pid: Int32 = 0
        let status = withCStrings(arguments) { words in
            withCStrings(environment) { posix_spawn(&pid, arguments[0], &actions, &attributes, words, $0) }
        }
        guard status == 0 else {
            throw TestSupportError("can't start \(arguments[0]): \(String(cString: strerror(status)))")
        }
        return pid
    }

    private static func openDescriptors() throws -> [Int32] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { Int32($0) }
    }

    /// The threads that tests run on block signals, and a child would inherit that.
    private static func hearSignals(_ attributes: inout posix_spawnattr_t) throws {
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    }

    private static func withCStrings<R>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
        let copies = strings.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        return body(copies + [nil])
    }
}
