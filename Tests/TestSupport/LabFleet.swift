internal import Foundation

/// Simulated nodes for one test: up in a temporary folder, ended with `down()` or the last reference.
///
///     let fleet = try await LabFleet.up(["intel-z390-rtx2070"])
///     let result = try await fleet.ssh("intel-z390-rtx2070", "lspci -Dnn")
public final class LabFleet: Sendable {
    /// The machine descriptions that come with the project.
    public static let machines: String =
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Machines").path

    /// The names of all of them.
    public static func allMachines() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: machines).filter { $0.hasSuffix(".yaml") }
            .map { String($0.dropLast(5)) }.sorted()
    }

    /// As `vfiofleet-lab status --json` says.
    public struct Node: Decodable, Sendable {
        public var name: String
        public var power: String
        public var address: String
        public var port: UInt16
        public var machine: String
        public var bootID: String
        public var boots: Int
        public var faults: [String]
        public var reason: String?
    }

    private let folder: TemporaryFolder
    /// The lab's directory.
    public var directory: String { folder.path(of: "lab") }
    public var inventory: String { directory + "/inventory.yaml" }
    public var key: String { directory + "/id_ed25519" }
    public var knownHosts: String { directory + "/known_hosts" }

    private init(folder: TemporaryFolder) { self.folder = folder }

    deinit {
        // Kills what runs when a test ended early.
        let lab = Foundation.Process()
        lab.executableURL = URL(filePath: Program.built("vfiofleet-lab").path)
        lab.arguments = ["down", "--dir", directory]
        try? lab.run()
        lab.waitUntilExit()
    }

    /// Starts one node for each named machine, with the machine's name; or the nodes that a set-up document names.
    /// - Parameter setup: the text of a set-up document.
    public static func up(_ machines: [String], setup: String? = nil, count: Int? = nil) async throws -> LabFleet {
        var texts: [String: String] = [:]
        for name in machines {
            texts[name] = try String(contentsOfFile: "\(Self.machines)/\(name).yaml", encoding: .utf8)
        }
        return try await up(descriptions: texts, setup: setup, count: count)
    }

    /// The same with machine descriptions of the test's own: their texts by name.
    public static func up(
        descriptions: [String: String], setup: String? = nil, count: Int? = nil
    ) async throws -> LabFleet {
        let fleet = LabFleet(folder: try TemporaryFolder())
        for (name, text) in descriptions { try fleet.folder.write(text, to: "machines/\(name).yaml") }
        var arguments = ["up", "--machines", fleet.folder.path(of: "machines"), "--dir", fleet.directory]
        if let setup { arguments += ["--setup", try fleet.folder.write(setup, to: "setup.yaml")] }
        if let count { arguments += ["--count", "\(count)"] }
        try await fleet.lab(arguments)
        return fleet
    }

    /// Runs `vfiofleet-lab`; a failure is an error with what it said.
    @discardableResult
    public func lab(_ arguments: [String]) async throws -> String {
        let result = try await Program.built("vfiofleet-lab").run(arguments)
        guard result.status == 0 else {
            throw TestSupportError("vfiofleet-lab \(arguments.joined(separator: " ")): \(result.transcript)")
        }
        return result.output
    }

    public func down() async throws { try await lab(["down", "--dir", directory]) }

    public func status() async throws -> [Node] {
        let text = try await lab(["status", "--json", "--dir", directory])
        return try JSONDecoder().decode([Node].self, from: Data(text.utf8))
    }

    public func node(_ name: String) async throws -> Node {
        guard let node = try await status().first(where: { $0.name == name }) else {
            throw TestSupportError("There is no node \(name).")
        }
        return node
    }

    /// Orders faults, as `vfiofleet-lab fault` names them: `disk-full`, `returns-late=2`, …
    public func order(_ faults: String..., node: String) async throws {
        try await lab(["fault", node] + faults + ["--dir", directory])
    }

    public func clearFaults(node: String) async throws { try await lab(["clear", node, "--dir", directory]) }
    public func power(_ state: String, node: String) async throws {
        try await lab(["power", node, state, "--dir", directory])
    }

    /// Runs a command on a node through the real OpenSSH client with strict host keys. Status 255 = no answer.
    public func ssh(
        _ name: String, _ command: String, input: String = "", timeout: Duration = .seconds(60)
    ) async throws -> Program.Result {
        let node = try await node(name)
        let options = [
            "-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "ConnectTimeout=5",
            "-o", "UserKnownHostsFile=\(knownHosts)", "-i", key, "-p", "\(node.port)", "root@\(node.address)",
        ]
        return try await Program("/usr/bin/ssh").run(options + [command], input: input, timeout: timeout)
    }

    /// Waits until a node has booted more often than `boots` and answers; false when it does not in that time.
    public func returns(_ name: String, after boots: Int, within limit: Duration = .seconds(20)) async throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while ContinuousClock.now < deadline {
            if try await node(name).boots > boots, try await ssh(name, "true").status == 0 { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }
}
