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
    let database: String
    private let program: Program

    /// Brings the nodes of a set-up document up and imports their inventory.
    /// `database`: where the controller keeps it; nil = a place of its own.
    static func start(machines: [String], setup: String, database: String? = nil) async throws -> SimulatedFleet {
        try await start(LabFleet.up(machines, setup: setup), database)
    }

    /// The same with machine descriptions of the test's own: their texts by name.
    static func start(descriptions: [String: String], setup: String) async throws -> SimulatedFleet {
        try await start(LabFleet.up(descriptions: descriptions, setup: setup))
    }

    private static func start(_ lab: LabFleet, _ database: String? = nil) async throws -> SimulatedFleet {
        let fleet = SimulatedFleet(lab: lab, folder: try TemporaryFolder(), database)
        try await fleet.expect(0, "inventory", "import", fleet.lab.inventory)
        return fleet
    }

    /// Nodes of one kind. `guests`: those of each, as a set-up document has them.
    static func start(
        _ names: [String], of machine: String, rebootSeconds: Double, guests: [String] = [], database: String? = nil
    ) async throws -> SimulatedFleet {
        let nodes = names.map { "  \($0): {machine: \(machine)}\n" }.joined()
        let defaults = "{reboot_seconds: \(rebootSeconds), guests: [\(guests.joined(separator: ", "))]}"
        return try await start(
            machines: [machine], setup: "defaults: \(defaults)\nnodes:\n\(nodes)",
            database: database)
    }

    private init(lab: LabFleet, folder: TemporaryFolder, _ database: String?) {
        self.lab = lab
        self.folder = folder
        self.database = database ?? folder.path + "/fleet.db"
        program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": self.database])
    }

    /// Runs the program; commands that connect get the lab's known_hosts.
    func run(_ arguments: [String], timeout: Duration = .seconds(180)) async throws -> Program.Result {
        try await start(arguments).result(within: timeout)
    }

    /// Starts the program, for tests that do something to it meanwhile.
    func start(_ arguments: [String]) throws -> RunningProgram { try program.start(withHosts(arguments)) }

    /// Starts the program in a terminal, for tests that type.
    func type(_ arguments: [String]) throws -> TerminalSession { try TerminalSession(program, withHosts(arguments)) }

    private func withHosts(_ arguments: [String]) -> [String] {
        let connects = ["trust", "detect", "plan", "apply", "verify", "undo", "settle", "serve"].contains(
            arguments.first)
        let drives = arguments.first == "rollout" && ["resume", "abort"].contains(arguments.dropFirst().first)
        return arguments + (connects || drives ? ["--known-hosts", lab.knownHosts] : [])
    }

    @discardableResult
    func expect(
        _ status: Int32, _ arguments: String..., sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws -> String {
        try await expect(status, arguments, sourceLocation: sourceLocation)
    }

    @discardableResult
    func expect(
        _ status: Int32, _ arguments: [String], sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await run(arguments)
        try #require(
            result.status == status, "\(arguments.joined(separator: " ")): \(result.transcript)",
            sourceLocation: sourceLocation)
        return result.output
    }

    /// Starts the program and ends it with SIGKILL as soon as `condition` holds. False: it had ended before.
    func runAndKill(_ arguments: [String], when condition: () async throws -> Bool) async throws -> Bool {
        let running = try start(arguments)
        guard try await running.waits(for: condition) else { return false }
        running.send(SIGKILL)
        return try await running.result().status == -1
    }

    func boots() async throws -> [String: Int] {
        Dictionary(uniqueKeysWithValues: try await lab.status().map { ($0.name, $0.boots) })
    }

    /// Runs a command on a node through OpenSSH, apart from the product.
    func shell(_ node: String, _ command: String) async throws -> String {
        try await lab.ssh(node, command).output
    }
}

extension RunningProgram {
    /// Looks every few milliseconds. False: it had ended before `condition` held.
    func waits(for condition: () async throws -> Bool) async throws -> Bool {
        while isRunning {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(3))
        }
        return false
    }
}
