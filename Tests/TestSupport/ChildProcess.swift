internal import Foundation
import Synchronization

/// A process that a test started, and ends.
public final class ChildProcess: Sendable {
    public let pid: Int32
    private let isRunning = Mutex(true)

    /// Starts `arguments[0]`; its output goes to the file `log`, or nowhere.
    public init(_ arguments: [String], environment: [String: String]? = nil, log: String? = nil) throws {
        let process = Process()
        process.executableURL = URL(filePath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        if let environment { process.environment = environment }
        let output = try Self.output(log)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
        pid = process.processIdentifier
    }

    deinit { kill() }

    public func kill() {
        isRunning.withLock { isRunning in
            if isRunning { Foundation.kill(pid, SIGKILL) }
            isRunning = false
        }
    }

    /// Stops it without ending it, so that it answers nothing.
    public func freeze() { Foundation.kill(pid, SIGSTOP) }

    private static func output(_ log: String?) throws -> FileHandle {
        guard let log else { return .nullDevice }
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        return try FileHandle(forWritingTo: URL(filePath: log))
    }
}
