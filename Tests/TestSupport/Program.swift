internal import Foundation
internal import Synchronization

/// Runs programs as a user does: real processes, with their whole output.
public struct Program: Sendable {
    public var path: String
    public var environment: [String: String]

    public struct Result: Sendable {
        public var status: Int32
        public var output: String
        public var error: String

        /// Both streams, for a test's message.
        public var transcript: String { "exit status \(status)\n\(output)\(error)" }
    }

    /// `environment` is added to the test's own.
    public init(_ path: String, environment: [String: String] = [:]) {
        self.path = path
        self.environment = environment
    }

    /// A program of this package, as built together with the tests.
    public static func built(_ name: String, environment: [String: String] = [:]) -> Program {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let folder = URL(filePath: tests).deletingLastPathComponent().path
        return Program(folder + "/" + name, environment: environment)
    }

    /// Runs it to its end; `timeout` ends it with SIGKILL, which shows as status -1.
    @discardableResult
    public func run(_ arguments: String..., input: String = "", timeout: Duration = .seconds(120)) async throws
        -> Result
    {
        try await run(arguments, input: input, timeout: timeout)
    }

    @discardableResult
    public func run(_ arguments: [String], input: String = "", timeout: Duration = .seconds(120)) async throws -> Result
    {
        try await start(arguments, input: input).result(within: timeout)
    }

    /// Starts it, for tests that do something to it meanwhile.
    public func start(_ arguments: [String], input: String = "") throws -> RunningProgram {
        try RunningProgram(self, arguments, input: input)
    }
}

/// A program under way; its output lies in files until it has ended.
public final class RunningProgram: Sendable {
    private let pid: Int32
    private let folder: TemporaryFolder
    private let end = End()

    /// How it ended, once it has.
    private final class End: Sendable {
        let status = Mutex<Int32?>(nil)
        let signal = AsyncStream.makeStream(of: Never.self)
    }

    fileprivate init(_ program: Program, _ arguments: [String], input: String) throws {
        folder = try TemporaryFolder()
        try folder.write(input, to: "in")
        for name in ["out", "err"] { try folder.write("", to: name) }
        let process = Process()
        process.executableURL = URL(filePath: program.path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(program.environment) { $1 }
        let input = try FileHandle(forReadingFrom: URL(filePath: folder.path + "/in"))
        let output = try FileHandle(forWritingTo: URL(filePath: folder.path + "/out"))
        let error = try FileHandle(forWritingTo: URL(filePath: folder.path + "/err"))
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, error)
        process.terminationHandler = { [end] done in
            end.status.withLock { $0 = done.terminationReason == .exit ? done.terminationStatus : -1 }
            end.signal.continuation.finish()
        }
        // Foundation keeps an ended process and what it was given; thousands of open files would be left.
        defer { for handle in [input, output, error] { try? handle.close() } }
        try process.run()
        pid = process.processIdentifier
    }

    deinit { send(SIGKILL) }

    public var isRunning: Bool { end.status.withLock { $0 == nil } }

    /// Without effect when it has ended.
    public func send(_ signal: Int32) {
        if isRunning { kill(pid, signal) }
    }

    /// Waits for its end; `limit` ends it with SIGKILL. A signal shows as status -1.
    public func result(within limit: Duration = .seconds(120)) async throws -> Program.Result {
        let killer = Task {
            try await Task.sleep(for: limit)
            send(SIGKILL)
        }
        defer { killer.cancel() }
        for await _ in end.signal.stream {}
        return Program.Result(
            status: end.status.withLock { $0 ?? -1 }, output: try folder.text("out"), error: try folder.text("err"))
    }
}
