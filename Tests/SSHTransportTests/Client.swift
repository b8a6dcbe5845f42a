import Fleet
import FoundationEssentials
import Remote
import SSHTransport
import TestSupport
import Testing

/// A connector with a home directory of its own, and the settings to reach one server.
struct Client {
    let files: TemporaryFolder
    var settings: SSHSettings
    var node: NodeName { NodeName("pve-01")! }

    init() throws {
        files = try TemporaryFolder()
        settings = SSHSettings(home: files.path, user: "root")
        settings.configurationFiles = [files.path(of: "config")]
        settings.knownHostsFile = files.path(of: "known_hosts")
        settings.otherKnownHostsFiles = []
        settings.defaultIdentities = []
    }

    /// Records the servers' host keys.
    init(trusting servers: SSHServer...) throws {
        try self.init()
        try files.write(servers.map { try $0.knownHostsLine() + "\n" }.joined(), to: "known_hosts")
    }

    func connection(_ server: SSHServer, key: String? = nil) -> ConnectionSettings {
        ConnectionSettings(
            address: server.address, port: server.port, user: server.user, identityFiles: [key ?? server.clientKey])
    }

    func connect(_ server: SSHServer, key: String? = nil) async throws(RemoteFailure) -> any RemoteShell {
        try await connect(connection(server, key: key))
    }

    func connect(_ connection: ConnectionSettings) async throws(RemoteFailure) -> any RemoteShell {
        try await SSHConnector(settings).connect(to: node, with: connection)
    }

    /// The failure of an attempt that must not succeed.
    func failure(_ connection: ConnectionSettings) async -> RemoteFailure? {
        do throws(RemoteFailure) {
            try await connect(connection).close()
            Issue.record("connected, though it should have failed")
            return nil
        } catch { return error }
    }
}

/// The failure of a command that must not succeed.
func failure(of command: RemoteCommand, on shell: any RemoteShell) async -> RemoteFailure? {
    do throws(RemoteFailure) {
        let result = try await shell.run(command)
        Issue.record("the command ended with \(result.status), though it should have failed")
        return nil
    } catch { return error }
}

extension RemoteResult {
    var text: String { String(decoding: standardOutput, as: UTF8.self) }
    var errorText: String { String(decoding: standardError, as: UTF8.self) }
}

/// Waits until a command on a server has made a file.
func waitForFile(_ path: String) async throws {
    for _ in 0..<1000 {
        if FileManager.default.fileExists(atPath: path) { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    throw TestSupportError("\(path) was not made within ten seconds")
}
