import Fleet
import FoundationEssentials
import Remote
import SSHTransport
import TestSupport
import Testing

@Suite("Host keys", .timeLimit(.minutes(2)))
struct HostKeyTests {
    @Test("an unknown key is refused with what to do")
    func unknown() async throws {
        let server = try await SSHServer()
        let client = try Client()
        let failure = await client.failure(client.connection(server))
        #expect(failure?.code == .hostKeyUnknown)
        #expect(failure?.advice.contains("vfiofleet trust pve-01") == true)
        #expect(try failure?.message.contains(await fingerprint(server)) == true)
    }

    @Test("a changed key is refused with both fingerprints")
    func changed() async throws {
        let (server, other) = (try await SSHServer(), try await SSHServer())
        let client = try Client()
        let line = try other.knownHostsLine().split(separator: " ").dropFirst().joined(separator: " ")
        try client.files.write("# old\n[\(server.address)]:\(server.port) \(line)\n", to: "known_hosts")
        let failure = await client.failure(client.connection(server))
        #expect(failure?.code == .hostKeyChanged)
        #expect(try failure?.message.contains(await fingerprint(server)) == true)
        #expect(try failure?.message.contains(await fingerprint(other)) == true)
        #expect(failure?.message.contains("known_hosts, line 2") == true)
    }

    @Test("a revoked key is refused, though it is recorded too")
    func revoked() async throws {
        let server = try await SSHServer()
        let client = try Client()
        let line = try server.knownHostsLine()
        let key = line.split(separator: " ").dropFirst().joined(separator: " ")
        try client.files.write("\(line)\n@revoked * \(key)\n", to: "known_hosts")
        #expect(await client.failure(client.connection(server))?.code == .hostKeyRevoked)
    }

    @Test("names hashed by ssh-keygen are found")
    func hashed() async throws {
        let server = try await SSHServer()
        let client = try Client(trusting: server)
        let file = client.files.path(of: "known_hosts")
        #expect(try await Program("/usr/bin/ssh-keygen").run("-H", "-f", file).status == 0)
        #expect(try client.files.text("known_hosts").hasPrefix("|1|"))
        #expect(try await client.connect(server).run(RemoteCommand("true")).succeeded)
    }

    @Test("the key that is recorded is asked for", arguments: ["ed25519", "ecdsa", "rsa"])
    func recordedTypeFirst(type: String) async throws {
        let server = try await SSHServer(hostKeys: ["ed25519", "ecdsa", "rsa"])
        let client = try Client()
        try client.files.write(server.knownHostsLine(type) + "\n", to: "known_hosts")
        #expect(try await client.connect(server).run(RemoteCommand("true")).succeeded)
    }

    @Test("several files are honoured, patterns too")
    func patternsInAnotherFile() async throws {
        let server = try await SSHServer()
        var client = try Client()
        let key = try server.knownHostsLine().split(separator: " ").dropFirst().joined(separator: " ")
        let file = try client.files.write("[127.*]:\(server.port),!10.0.0.1 \(key)\n", to: "system_known_hosts")
        client.settings.otherKnownHostsFiles = [file]
        #expect(try await client.connect(server).run(RemoteCommand("true")).succeeded)
        try client.files.write("[127.*]:\(server.port),![\(server.address)]:* \(key)\n", to: "system_known_hosts")
        #expect(await client.failure(client.connection(server))?.code == .hostKeyUnknown)
    }

    @Test("trust records what ssh-keygen finds", arguments: [false, true])
    func trust(hashed: Bool) async throws {
        let server = try await SSHServer(hostKeys: ["ed25519", "rsa"])
        let client = try Client()
        try client.files.write("# no line end", to: "known_hosts")
        let connector = SSHConnector(client.settings)
        let report = try await connector.hostKeys(of: client.node, with: client.connection(server))
        #expect(report.entries.map(\.key.type) == ["ssh-ed25519", "ssh-rsa"])
        #expect(report.entries.allSatisfy { $0.verdict == .unknown } && !report.isKnown && !report.isJump)
        #expect(try report.entries[0].key.fingerprint == (await fingerprint(server)))
        #expect(try await connector.trust(report, hashed: hashed).isEmpty)
        try await connector.trust(report, hashed: hashed)

        let found = try await Program("/usr/bin/ssh-keygen")
            .run("-F", "[\(server.address)]:\(server.port)", "-f", client.files.path(of: "known_hosts"))
        #expect(found.output.split(separator: "\n").filter { !$0.hasPrefix("#") }.count == 2)
        #expect(try client.files.text("known_hosts").contains(server.address) == !hashed)
        let again = try await connector.hostKeys(of: client.node, with: client.connection(server))
        #expect(again.isKnown)
        #expect(try await client.connect(server).run(RemoteCommand("true")).succeeded)
    }

    @Test("trust makes a file that only its owner reads")
    func permissions() async throws {
        let server = try await SSHServer()
        var client = try Client()
        client.settings.knownHostsFile = client.files.path(of: "new/known_hosts")
        let connector = SSHConnector(client.settings)
        try await connector.trust(connector.hostKeys(of: client.node, with: client.connection(server)))
        let attributes = try FileManager.default.attributesOfItem(atPath: client.settings.knownHostsFile)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test("trust replaces a changed key and leaves everything else")
    func replace() async throws {
        let (server, other) = (try await SSHServer(), try await SSHServer())
        let client = try Client()
        let old = try other.knownHostsLine().split(separator: " ").dropFirst().joined(separator: " ")
        let name = "[\(server.address)]:\(server.port)"
        try client.files.write(
            "# kept\nalias,\(name) \(old)\n\(name) \(old)\n\(other.knownHostsLine())\n", to: "known_hosts")
        let connector = SSHConnector(client.settings)
        let report = try await connector.hostKeys(of: client.node, with: client.connection(server))
        guard case .changed = report.entries[0].verdict else {
            Issue.record("the key counts as \(report.entries[0].verdict)")
            return
        }
        try await connector.trust(report, replacing: true)
        let expected = try "# kept\nalias \(old)\n\(other.knownHostsLine())\n\(server.knownHostsLine())\n"
        #expect(try client.files.text("known_hosts") == expected)
        #expect(try await client.connect(server).run(RemoteCommand("true")).succeeded)
    }

    private func fingerprint(_ server: SSHServer) async throws -> String {
        let result = try await Program("/usr/bin/ssh-keygen").run("-l", "-f", server.files.path(of: "host_ed25519.pub"))
        return String(result.output.split(separator: " ")[1])
    }
}
