internal import Foundation

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
        let folder = try TemporaryFolder()
        try input.write(toFile: folder.path + "/in", atomically: false, encoding: .utf8)
        for name in ["out", "err"] {
            _ = FileManager.default.createFile(atPath: folder.path + "/" + name, contents: nil)
        }

        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle(forReadingAtPath: folder.path + "/in")
        process.standardOutput = FileHandle(forWritingAtPath: folder.path + "/out")
        process.standardError = FileHandle(forWritingAtPath: folder.path + "/err")
        let status = try await Self.waitForEnd(of: process, timeout: timeout)
        return Result(
            status: status, output: try folder.text("out"), error: try folder.text("err"))
    }

    private static func waitForEnd(of process: Process, timeout: Duration) async throws -> Int32 {
        let ended = AsyncStream<Int32> { stream in
            process.terminationHandler = { done in
                stream.yield(done.terminationReason == .exit ? done.terminationStatus : -1)
                stream.finish()
            }
        }
        try process.run()
        let pid = process.processIdentifier
        let killer = Task {
            try await Task.sleep(for: timeout)
            kill(pid, SIGKILL)
        }
        defer { killer.cancel() }
        for await status in ended { return status }
        return -1
    }
}
