import Foundation
import Probe

/// Runs the real script on this machine.
enum ProbeRun {
    enum Shell: CaseIterable {
        case dash
        case busybox

        var words: [String] { self == .dash ? ["dash"] : ["busybox", "sh"] }
    }

    struct Failure: Error {
        var status: Int32
        var errors: String
    }

    /// The answer to `sh -s -- NONCE`, with the script on standard input as over SSH.
    static func answer(
        _ shell: Shell = .dash, nonce: String = "t3stn0nce", environment: [String: String] = [:]
    ) throws -> [UInt8] {
        try answer(
            shell.words, nonce: nonce, environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 })
    }

    static func answer(
        _ words: [String], nonce: String = "t3stn0nce", quick: Bool = false, environment: [String: String]
    ) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words + ["-s", "--", nonce] + (quick ? ["quick"] : [])
        process.environment = environment
        let (input, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(ProbeScript.text))
        try input.fileHandleForWriting.close()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        let said = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0, said.isEmpty else {
            throw Failure(status: process.terminationStatus, errors: String(decoding: said, as: UTF8.self))
        }
        return Array(bytes)
    }
}
