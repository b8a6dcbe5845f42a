import Fleet
import Foundation
import Remote

/// A node's shell without a network between: the command text goes to a real `sh` in the node's namespace.
struct LocalShell: RemoteShell {
    let node: TestNode
    /// Kills the shell and all it started, as a power failure would.
    var killedAfter: Duration?

    func run(_ command: RemoteCommand) async throws(RemoteFailure) -> RemoteResult {
        do {
            return try await LocalRun(words(command), input: command.standardInput).result()
        } catch {
            throw RemoteFailure(.protocolError, node: .local, "\(error)", advice: "See the test.")
        }
    }

    func close() async {}

    private func words(_ command: RemoteCommand) -> [String] {
        let shell = node.entering(["sh", "-c", command.text])
        guard let killedAfter else { return shell }
        return ["timeout", "-s", "KILL", String(killedAfter / .seconds(1))] + shell
    }
}

extension NodeName {
    static var local: NodeName { NodeName("local") ?? { preconditionFailure("a valid name") }() }
}

/// One process with its input and output in files.
private struct LocalRun {
    let folder: URL
    let process = Process()
    /// Closed by hand: Foundation keeps an ended process, and what it was given, for as long as this one lives, and its
    /// `run()` crashes where more than about 1300 files are open.
    private let handles: [FileHandle]

    init(_ words: [String], input: [UInt8]) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "vfiofleet-run-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(input).write(to: folder.appending(path: "in"))
        for name in ["out", "error"] { try Data().write(to: folder.appending(path: name)) }
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        let input = try FileHandle(forReadingFrom: folder.appending(path: "in"))
        let output = try FileHandle(forWritingTo: folder.appending(path: "out"))
        let error = try FileHandle(forWritingTo: folder.appending(path: "error"))
        (process.standardInput, process.standardOutput, process.standardError) = (input, output, error)
        handles = [input, output, error]
    }

    func result() async throws -> RemoteResult {
        defer {
            for handle in handles { try? handle.close() }
            try? FileManager.default.removeItem(at: folder)
        }
        let ended = AsyncStream<Void>.makeStream()
        process.terminationHandler = { _ in ended.continuation.finish() }
        try process.run()
        for await _ in ended.stream {}
        let status: RemoteResult.Status =
            process.terminationReason == .exit ? .exited(Int(process.terminationStatus)) : .signalled("KILL")
        return RemoteResult(
            status: status, standardOutput: [UInt8](try Data(contentsOf: folder.appending(path: "out"))),
            standardError: [UInt8](try Data(contentsOf: folder.appending(path: "error"))))
    }
}

extension TestNode {
    /// What a line of shell prints when it is run on this node.
    func sh(_ text: String) async throws -> String {
        let result = try await LocalShell(node: self).run(RemoteCommand(text))
        guard result.succeeded else {
            throw InvalidTestValue(text: text + ": " + String(decoding: result.standardError, as: UTF8.self))
        }
        return String(decoding: result.standardOutput, as: UTF8.self)
    }
}
