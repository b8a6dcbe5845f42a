import Engine
import Fleet
import Foundation
import SSHTransport
import TestSupport

/// An operator at a controller: the built program, with a home directory and a database of its own.
struct Controller: Sendable {
    let home: TemporaryFolder

    init() throws { home = try TemporaryFolder() }

    /// Runs `vfiofleet`.
    func vfiofleet(_ arguments: [String], timeout: Duration = .seconds(60)) async throws -> Program.Result {
        try await Program.built(
            "vfiofleet",
            environment: [
                "HOME": home.path, "VFIOFLEET_DB": home.path(of: "fleet.db"), "NO_COLOR": "1", "SSH_AUTH_SOCK": "",
            ]
        ).run(arguments, timeout: timeout)
    }

    /// Writes an inventory with this node and returns its path.
    func inventory(_ node: Endpoint) throws -> String {
        let connection =
            "{address: \(node.address), port: \(node.port), user: root, identity-file: \(node.identityFile)}"
        return try home.write("nodes:\n  \(node.name): \(connection)\n", to: "inventory.yaml")
    }

    /// Looks at a node as the product does, for the facts themselves. Its host key must have been trusted.
    func observe(_ node: Endpoint) async throws -> NodeFacts {
        let operations = try await operations(on: node)
        let observation = try await operations.observe()
        await operations.close()
        return observation.facts
    }
}

extension Controller {
    /// Orders to a node without a roll-out around them. Its host key must have been trusted.
    func operations(on node: Endpoint) async throws -> any NodeOperations {
        guard let name = NodeName(node.name) else { throw TestSupportError("\(node.name) is no node's name") }
        var settings = SSHSettings(home: home.path, user: "root")
        settings.configurationFiles = []
        let opener = RemoteNodeOpener(connector: SSHConnector(settings), controller: "test")
        let connection = ConnectionSettings(
            address: node.address, port: node.port, identityFiles: [node.identityFile])
        return try await opener.open(Node(name: name, connection: connection))
    }
}

/// Where a node's sshd answers, and the key that may log in.
struct Endpoint: Sendable {
    var name: String
    var address: String
    var port: UInt16
    var identityFile: String
}
