import Fleet
import Remote
import SSHTransport
import Synchronization
import TestSupport
import Testing

@Suite("Logging in", .timeLimit(.minutes(2)))
struct LoginTests {
    @Test("key types and formats", arguments: ["ed25519", "ecdsa", "rsa"])
    func types(type: String) async throws {
        let server = try await SSHServer()
        let client = try Client(trusting: server)
        let key = try await client.files.makeKey("key", type: type)
        try server.authorize(client.files.text("key.pub"))
        #expect(try await client.connect(server, key: key).run(RemoteCommand("true")).succeeded)
        #expect(try await Program("/usr/bin/ssh-keygen").run("-p", "-q", "-N", "", "-m", "PEM", "-f", key).status == 0)
        #expect(try await client.connect(server, key: key).run(RemoteCommand("true")).succeeded)
    }

    @Test("a key the server does not know")
    func refused() async throws {
        let server = try await SSHServer()
        let client = try Client(trusting: server)
        let key = try await client.files.makeKey("key")
        let failure = await client.failure(client.connection(server, key: key))
        #expect(failure?.code == .loginRefused)
        #expect(failure?.message.contains(key) == true)
    }

    @Test("a server that hangs up after too many keys")
    func tooManyKeys() async throws {
        let server = try await SSHServer(configuration: ["MaxAuthTries 1"])
        let client = try Client(trusting: server)
        var connection = client.connection(server)
        connection.identityFiles = [try await client.files.makeKey("a"), try await client.files.makeKey("b")]
        let failure = await client.failure(connection)
        #expect(failure?.code == .loginRefused, "\(String(describing: failure))")
    }

    @Test("a second factor is never given")
    func secondFactor() async throws {
        let server = try await SSHServer(configuration: ["AuthenticationMethods publickey,publickey"])
        let client = try Client(trusting: server)
        #expect(await client.failure(client.connection(server))?.code == .loginRefused)
    }

    @Test("a named key file that is missing, or is no key")
    func unreadable() async throws {
        let server = try await SSHServer()
        let client = try Client(trusting: server)
        #expect(await client.failure(client.connection(server, key: "/nonexistent"))?.code == .keyFileUnreadable)
        let text = try client.files.write("no key", to: "text")
        #expect(await client.failure(client.connection(server, key: text))?.code == .keyFileUnreadable)
    }

    @Test("an encrypted key needs somebody who knows its passphrase")
    func passphrase() async throws {
        let server = try await SSHServer()
        var client = try Client(trusting: server)
        let key = try await client.files.makeKey("key", passphrase: "correct")
        try server.authorize(client.files.text("key.pub"))
        #expect(await client.failure(client.connection(server, key: key))?.code == .passphraseNeeded)

        client.settings.passphrase = { _ in nil }
        #expect(await client.failure(client.connection(server, key: key))?.code == .passphraseNeeded)

        let answers = Mutex(["wrong", "correct"])
        client.settings.passphrase = { file in file == key ? answers.withLock { $0.removeFirst() } : nil }
        let connector = SSHConnector(client.settings)
        let (node, connection) = (client.node, client.connection(server, key: key))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask { _ = try await connector.connect(to: node, with: connection).run(RemoteCommand("true")) }
            }
            try await group.waitForAll()
        }
        #expect(answers.withLock { $0.isEmpty })
    }

    @Test("the agent's keys")
    func agent() async throws {
        let server = try await SSHServer()
        var client = try Client(trusting: server)
        let agent = try await RunningAgent(client.files)
        try await agent.add(server.clientKey)
        client.settings.agentSocket = agent.socket
        var connection = client.connection(server)
        connection.identityFiles = []
        let connector = SSHConnector(client.settings)
        let node = client.node
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<10 {
                group.addTask { [connection] in
                    try await connector.connect(to: node, with: connection).run(RemoteCommand("true")).succeeded
                }
            }
            for try await succeeded in group { #expect(succeeded) }
        }
    }

    @Test("an agent that answers nothing, and one that is not there")
    func frozenAgent() async throws {
        let server = try await SSHServer()
        var client = try Client(trusting: server)
        let agent = try await RunningAgent(client.files)
        try await agent.add(server.clientKey)
        agent.process.freeze()
        client.settings.agentSocket = agent.socket
        client.settings.limits.login = .milliseconds(500)
        var connection = client.connection(server)
        connection.identityFiles = []
        #expect(await client.failure(connection)?.code == .loginTimedOut)
        client.settings.limits = .init()
        client.settings.agentSocket = "/nonexistent"
        #expect(await client.failure(connection)?.code == .loginRefused)
        #expect(try await client.connect(server).run(RemoteCommand("true")).succeeded)
    }
}
