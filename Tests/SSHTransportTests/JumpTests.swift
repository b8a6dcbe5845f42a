import Fleet
import Remote
import SSHTransport
import TestSupport
import Testing

@Suite("Jump hosts", .timeLimit(.minutes(2)))
struct JumpTests {
    private func through(_ jumps: SSHServer..., to server: SSHServer, _ client: Client) throws -> ConnectionSettings {
        var connection = client.connection(server)
        for jump in jumps {
            try jump.authorize(server.files.text("client.pub"))
            connection.jumps.append(.init(address: jump.address, port: jump.port, user: jump.user))
        }
        return connection
    }

    @Test("two hops, one connection to the jump host for all")
    func twoHops() async throws {
        let (jump, server) = (try await SSHServer(), try await SSHServer())
        let client = try Client(trusting: jump, server)
        let connection = try through(jump, to: server, client)
        let connector = SSHConnector(client.settings)
        var shells: [any RemoteShell] = []
        for _ in 0..<3 { shells.append(try await connector.connect(to: client.node, with: connection)) }
        for shell in shells {
            let peers = try await shell.run(RemoteCommand("echo $SSH_CONNECTION; head -c 3000000 /dev/zero"))
            #expect(peers.status == .exited(0))
            #expect(peers.standardOutput.count > 3_000_000)
        }
        #expect(try jump.log().ranges(of: "Accepted publickey").count == 1)
        for shell in shells { await shell.close() }
    }

    @Test("three hops")
    func threeHops() async throws {
        let (first, second, server) = (try await SSHServer(), try await SSHServer(), try await SSHServer())
        let client = try Client(trusting: first, second, server)
        let shell = try await client.connect(through(first, second, to: server, client))
        #expect(
            try await shell.run(RemoteCommand("cat", standardInput: Array(repeating: 7, count: 1_000_000))).succeeded)
    }

    @Test("the jump host's key is checked as strictly, and its failures say so")
    func failures() async throws {
        let (jump, server) = (try await SSHServer(), try await SSHServer())
        let client = try Client(trusting: server)
        let connection = try through(jump, to: server, client)
        let unknown = await client.failure(connection)
        #expect(unknown?.code == .hostKeyUnknown)
        #expect(unknown?.message.contains("jump host \(jump.address)") == true)

        let stranger = try server.knownHostsLine().split(separator: " ").dropFirst().joined(separator: " ")
        try client.files.write("[\(jump.address)]:\(jump.port) \(stranger)\n", to: "known_hosts")
        #expect(await client.failure(connection)?.code == .hostKeyChanged)

        try client.files.write("\(jump.knownHostsLine())\n", to: "known_hosts")
        let behind = await client.failure(connection)
        #expect(behind?.code == .hostKeyUnknown)
        #expect(behind?.message.contains("pve-01 (\(server.address)") == true)

        jump.stop()
        #expect(await client.failure(connection)?.code == .jumpFailed)
    }

    @Test("a jump host that forwards nothing, and a node that is down behind one")
    func noWayThrough() async throws {
        let (jump, closed) = (try await SSHServer(), try await SSHServer(configuration: ["AllowTcpForwarding no"]))
        let server = try await SSHServer()
        let client = try Client(trusting: jump, closed, server)
        #expect(await client.failure(try through(closed, to: server, client))?.code == .jumpFailed)
        server.stop()
        #expect(await client.failure(try through(jump, to: server, client))?.code == .jumpFailed)
    }

    @Test("a jump host that goes takes the connections through it along")
    func jumpGoes() async throws {
        let (jump, server) = (try await SSHServer(), try await SSHServer())
        let client = try Client(trusting: jump, server)
        let shell = try await client.connect(through(jump, to: server, client))
        async let failed = failure(of: RemoteCommand("touch \(server.files.path(of: "started")); sleep 30"), on: shell)
        try await waitForFile(server.files.path(of: "started"))
        jump.stop()
        #expect(await failed?.code == .connectionLost)
    }

    @Test("trust asks for the jump host's key first")
    func trust() async throws {
        let (jump, server) = (try await SSHServer(), try await SSHServer())
        let client = try Client()
        let connection = try through(jump, to: server, client)
        let connector = SSHConnector(client.settings)
        let first = try await connector.hostKeys(of: client.node, with: connection)
        #expect(first.isJump && first.endpoint == "\(jump.address):\(jump.port)")
        try await connector.trust(first)
        let second = try await connector.hostKeys(of: client.node, with: connection)
        #expect(!second.isJump && second.endpoint == "\(server.address):\(server.port)")
        try await connector.trust(second)
        #expect(try await connector.connect(to: client.node, with: connection).run(RemoteCommand("true")).succeeded)
    }
}
