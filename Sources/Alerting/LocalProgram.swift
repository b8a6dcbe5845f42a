import Fleet
import Foundation

/// A program of this machine that is given a text, with a limit to its time.
struct LocalProgram: Sendable {
    var arguments: [String]
    var timeoutSeconds: Int

    /// Fails with `alert-not-sent` unless it ends by itself, in time, with status 0.
    func run(input: Data) async throws(FleetError) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "vfiofleet-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let end: End
        do { end = try await run(input, in: folder) } catch {
            throw FleetError(
                "alert-not-sent", "\(arguments[0]) can't be run: \(error.localizedDescription).",
                advice: "Name a program that the controller's user may run, by its whole path.")
        }
        guard end.status != 0 else { return }
        let said = end.said.isEmpty ? "" : ": \(end.said.printableLine)"
        throw FleetError(
            "alert-not-sent",
            end.isLate
                ? "\(arguments[0]) had not ended after \(timeoutSeconds) s, and was ended\(said)"
                : "\(arguments[0]) ended with status \(end.status)\(said)")
    }

    /// Ours may hold secrets of other receivers, and what is only about this process.
    private static let inherited = ["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER"]

    static func environment(of ours: [String: String]) -> [String: String] {
        let kept = ours.filter { inherited.contains($0.key) }
        return kept.merging(["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]) { own, _ in own }
    }

    private struct End {
        var status: Int32
        var isLate: Bool
        var said: String
    }

    /// Files rather than pipes: a program that reads nothing, or writes without end, holds nobody up.
    private func run(_ input: Data, in folder: URL) async throws -> End {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let (source, sink) = (folder.appending(path: "in"), folder.appending(path: "err"))
        try input.write(to: source)
        try Data().write(to: sink)
        let process = Process()
        process.executableURL = URL(filePath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.environment = Self.environment(of: ProcessInfo.processInfo.environment)
        let (reading, writing) = (
            try FileHandle(forReadingFrom: source), try FileHandle(forWritingTo: sink)
        )
        defer { for handle in [reading, writing] { try? handle.close() } }
        process.standardInput = reading
        process.standardOutput = FileHandle.nullDevice
        process.standardError = writing
        let (status, isLate) = try await finish(process)
        let said = (try? FileHandle(forReadingFrom: sink).read(upToCount: 500)) ?? nil
        return End(status: status, isLate: isLate, said: String(decoding: said ?? Data(), as: UTF8.self))
    }

    private func finish(_ process: Process) async throws -> (Int32, isLate: Bool) {
        let (ends, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { done in
            end.yield(done.terminationReason == .exit ? done.terminationStatus : 128 + done.terminationStatus)
            end.finish()
        }
        try process.run()
        let pid = process.processIdentifier
        return await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await ContinuousClock().sleep(for: .seconds(timeoutSeconds))
                kill(pid, SIGKILL)
                return true
            }
            // It is waited for also by who is told to end: what it was told to do is done, or not.
            let status = await Task { await ends.first { _ in true } ?? -1 }.value
            group.cancelAll()
            return (status, (try? await group.next()) ?? false)
        }
    }
}
