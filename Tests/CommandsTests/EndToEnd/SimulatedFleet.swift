import Foundation
import TestSupport
import Testing

/// The built program, tried on simulated nodes as a user does.
struct SimulatedFleet {
    /// Why no simulated node can run here; nil = it can.
    static let obstacle: String? = {
        if getuid() != 0 { return "simulated nodes need root for their namespaces" }
        let sshd = FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd")
        return sshd ? nil : "simulated nodes need openssh-server"
    }()

    let lab: LabFleet
    let folder: TemporaryFolder
    private let program: Program

    /// Brings the nodes of a set-up document up and imports their inventory.
    static func start(machines: [String], setup: String) async throws -> SimulatedFleet {
        let fleet = SimulatedFleet(
            lab: try await LabFleet.up(machines, setup: setup), folder: try TemporaryFolder())
        try await fleet.expect(0, "inventory", "import", fleet.lab.inventory)
        return fleet
    }

    private init(lab: LabFleet, folder: TemporaryFolder) {
        self.lab = lab
        self.folder = folder
        program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": folder.path + "/fleet.db"])
    }

    var database: String { folder.path + "/fleet.db" }

    /// Runs the program; commands that connect get the lab's known_hosts.
    func run(_ arguments: [String], timeout: Duration = .seconds(180)) async throws -> Program.Result {
        let connects = ["trust", "detect", "plan", "apply", "verify", "undo"].contains(arguments.first)
        let resumes = arguments.starts(with: ["rollout", "resume"])
        let ssh = connects || resumes ? ["--known-hosts", lab.knownHosts] : []
        return try await program.run(arguments + ssh, timeout: timeout)
    }

    @discardableResult
    func expect(
        _ status: Int32, _ arguments: String..., sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await run(arguments)
        try #require(
            result.status == status, "\(arguments.joined(separator: " ")): \(result.transcript)",
            sourceLocation: sourceLocation)
        return result.output
    }

    /// Starts the program and ends it with SIGKILL as soon as `condition` holds. False: it had ended before.
    func runAndKill(_ arguments: [String], when condition: () async throws -> Bool) async throws -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: program.path)
        process.arguments = arguments + ["--known-hosts", lab.knownHosts]
        process.environment = ProcessInfo.processInfo.environment.merging(program.environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        while process.isRunning {
            if try await condition() {
                kill(process.processIdentifier, SIGKILL)
                process.waitUntilExit()
                return process.terminationReason == .uncaughtSignal
            }
            try await Task.sleep(for: .milliseconds(3))
        }
        return false
    }

    func boots() async throws -> [String: Int] {
        Dictionary(uniqueKeysWithValues: try await lab.status().map { ($0.name, $0.boots) })
    }

    /// Runs a command on a node through OpenSSH, apart from the product.
    func shell(_ node: String, _ command: String) async throws -> String {
        try await lab.ssh(node, command).output
    }
}
