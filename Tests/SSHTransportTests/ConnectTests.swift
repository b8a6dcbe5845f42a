import Fleet
import Remote
import SSHTransport
import TestSupport
import Testing

@Suite("Connecting", .timeLimit(.minutes(2)))
struct ConnectTests {
    private let quick = SSHSettings.Limits(
        connect: .milliseconds(600), handshake: .milliseconds(600), login: .milliseconds(800))

    @Test("a port where nothing listens")
    func portClosed() async throws {
        let address = Loopback.freshAddress()
        let connection = ConnectionSettings(address: address, port: try Loopback.freePort(on: address))
        #expect(try await Client().failure(connection)?.code == .connectionRefused)
    }

    @Test("a peer that accepts and says nothing")
    func silentPeer() async throws {
        let listener = try Listener()
        var client = try Client()
        client.settings.limits = quick
        let failure = await client.failure(ConnectionSettings(address: listener.address, port: listener.port))
        #expect(failure?.code == .notSSH)
    }

    @Test(
        "a peer that sends garbage",
        arguments: [
            [UInt8]("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), Array(repeating: 0, count: 70_000),
            (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 97 &+ $0 >> 5) },
        ])
    func garbage(bytes: [UInt8]) async throws {
        let listener = try Listener()
        let peer = Task { await listener.accept(sending: bytes) }
        var client = try Client()
        client.settings.limits = quick
        let failure = await client.failure(ConnectionSettings(address: listener.address, port: listener.port))
        #expect(failure?.code == .notSSH)
        _ = await peer.value
    }

    @Test("what something that is no sshd says is told")
    func saysSomethingElse() async throws {
        let listener = try Listener()
        let peer = Task { await listener.accept(sending: Array("220 mail.example ESMTP\r\n".utf8)) }
        var client = try Client()
        client.settings.limits = quick
        let failure = await client.failure(ConnectionSettings(address: listener.address, port: listener.port))
        #expect(failure?.code == .notSSH)
        #expect(failure?.message.contains("it said “220 mail.example ESMTP”") == true)
        _ = await peer.value
    }

    @Test("an sshd that has no room for another login")
    func exceedsMaxStartups() async throws {
        let server = try await SSHServer(configuration: ["MaxStartups 1:100:1"])
        let client = try Client(trusting: server)
        var waiting: [Filler] = []
        let failure = try await firstFailure(of: client, client.connection(server)) {
            waiting.append(try Filler(server.address, server.port))
        }
        #expect(failure?.code == .turnedAway)
        #expect(failure?.message.contains("MaxStartups") == true)
        withExtendedLifetime(waiting) {}
    }

    /// Since OpenSSH 9.8; an earlier one does not keep anybody away, so its words are said by somebody else.
    @Test("an sshd that remembers logins that failed")
    func penalties() async throws {
        let failure: RemoteFailure?
        if SSHServer.hasPenalties {
            let server = try await SSHServer(configuration: ["PerSourcePenalties authfail:20s min:15s"])
            let client = try Client(trusting: server)
            var stranger = client.connection(server)
            stranger.identityFiles = [try await client.files.makeKey("stranger")]
            #expect(await client.failure(stranger)?.code == .loginRefused)
            failure = try await firstFailure(of: client, client.connection(server))
        } else {
            let listener = try Listener()
            let peer = Task { await listener.accept(sending: Array("Not allowed at this time\r\n".utf8)) }
            var client = try Client()
            client.settings.limits = quick
            failure = await client.failure(ConnectionSettings(address: listener.address, port: listener.port))
            _ = await peer.value
        }
        #expect(failure?.code == .turnedAway)
        #expect(failure?.advice.contains("PerSourcePenaltyExemptList") == true)
    }

    @Test("a peer that says hello in SSH and then stops, or goes on in garbage")
    func halfHandshake() async throws {
        var client = try Client()
        client.settings.limits = quick
        for (bytes, code) in [
            ([], RemoteFailure.Code.handshakeTimedOut),
            ([UInt8](repeating: 0xff, count: 500), .protocolError),
        ] {
            let listener = try Listener()
            let peer = Task { await listener.accept(sending: Array("SSH-2.0-OpenSSH_9.2\r\n".utf8) + bytes) }
            let failure = await client.failure(ConnectionSettings(address: listener.address, port: listener.port))
            #expect(failure?.code == code)
            _ = await peer.value
        }
    }

    @Test("a host that drops the packets")
    func connectTimesOut() async throws {
        let listener = try Listener(backlog: 0)
        let fillers = try (0..<2).map { _ in try Filler(listener) }
        var client = try Client()
        client.settings.limits = quick
        let failure = await client.failure(ConnectionSettings(address: listener.address, port: listener.port))
        #expect(failure?.code == .connectTimedOut)
        withExtendedLifetime(fillers) {}
    }

    @Test("a name that does not exist")
    func unknownName() async throws {
        let failure = try await Client().failure(ConnectionSettings(address: "no-such-host.invalid"))
        #expect(failure?.code == .nameNotResolved)
    }

    @Test("a name is resolved like an address")
    func name() async throws {
        let server = try await SSHServer(configuration: ["ListenAddress 127.0.0.1"])
        let client = try Client()
        try client.files.write(
            server.knownHostsLine().replacing(server.address, with: "localhost") + "\n", to: "known_hosts")
        var connection = client.connection(server)
        connection.address = "localhost"
        #expect(try await client.connect(connection).run(RemoteCommand("true")).succeeded)
    }

    @Test("a server with outdated algorithms only")
    func noCommonAlgorithm() async throws {
        let server = try await SSHServer(configuration: ["Ciphers aes128-cbc"])
        let client = try Client(trusting: server)
        #expect(await client.failure(client.connection(server))?.code == .noCommonAlgorithm)
    }

    @Test("cancelling ends an attempt to connect")
    func cancellation() async throws {
        let listener = try Listener()
        let client = try Client()
        let task = Task { await client.failure(ConnectionSettings(address: listener.address, port: listener.port)) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        #expect(await task.value?.code == .cancelled)
    }

    @Test("two hundred connections at once on one reactor")
    func many() async throws {
        let server = try await SSHServer()
        var client = try Client(trusting: server)
        client.settings.limits = .init(connect: .seconds(90), handshake: .seconds(90), login: .seconds(90))
        let connector = SSHConnector(client.settings)
        let (node, connection) = (client.node, client.connection(server))
        let shells = try await withThrowingTaskGroup(of: (any RemoteShell).self) { group in
            for _ in 0..<200 { group.addTask { try await connector.connect(to: node, with: connection) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let outputs = try await withThrowingTaskGroup(of: Int.self) { group in
            for shell in shells {
                group.addTask { try await shell.run(RemoteCommand("head -c 29000 /dev/zero")).standardOutput.count }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outputs == Array(repeating: 29000, count: 200))
    }
}

/// The first failure where a server may need a moment before it refuses.
private func firstFailure(
    of client: Client, _ connection: ConnectionSettings, before: () throws -> Void = {}
) async throws -> RemoteFailure? {
    for _ in 0..<100 {
        try before()
        do throws(RemoteFailure) { try await client.connect(connection).close() } catch { return error }
        try await Task.sleep(for: .milliseconds(50))
    }
    return nil
}
