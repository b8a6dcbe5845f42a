import Fleet
import FoundationEssentials
import Remote
import TestSupport
import Testing

@testable import SSHTransport

@Suite("Keys of the agent and of files", .timeLimit(.minutes(2)))
struct AgentTests {
    /// The agent holds `keys`, of which the server takes the last.
    private struct Place {
        let server: SSHServer
        let agent: RunningAgent
        var client: Client

        init(_ keys: [String], _ configuration: [String] = []) async throws {
            server = try await SSHServer(configuration: configuration)
            client = try Client(trusting: server)
            agent = try await RunningAgent(client.files)
            client.settings.agentSocket = agent.socket
            for key in keys { try await agent.add(client.files.makeKey(key)) }
            try server.authorize(client.files.text("\(keys[keys.count - 1]).pub"))
        }

        func failure(_ config: String) async throws -> RemoteFailure? {
            try client.files.write(config, to: "config")
            var connection = client.connection(server)
            connection.identityFiles = []
            do throws(RemoteFailure) {
                try await client.connect(connection).close()
                return nil
            } catch { return error }
        }
    }

    @Test("IdentitiesOnly with an encrypted key whose passphrase only the agent was told")
    func encrypted() async throws {
        let place = try await Place(["other", "mine"])
        let change = ["-p", "-q", "-P", "", "-N", "secret", "-f", place.client.files.path(of: "mine")]
        #expect(try await Program("/usr/bin/ssh-keygen").run(change).status == 0)
        #expect(try await place.failure("IdentitiesOnly yes\nIdentityFile ~/mine\n") == nil)
        try FileManager.default.removeItem(atPath: place.client.files.path(of: "mine.pub"))
        #expect(try await place.failure("IdentitiesOnly yes\nIdentityFile ~/mine\n") == nil)
    }

    @Test("IdentitiesOnly with nothing but the public half of a key in the agent")
    func publicHalf() async throws {
        let place = try await Place(["other", "mine"])
        #expect(try await place.failure("IdentitiesOnly yes\nIdentityFile ~/mine.pub\n") == nil)
        try FileManager.default.removeItem(atPath: place.client.files.path(of: "mine"))
        #expect(try await place.failure("IdentitiesOnly yes\nIdentityFile ~/mine\n") == nil)
    }

    @Test("IdentitiesOnly keeps the agent's other keys back")
    func others() async throws {
        var place = try await Place(["named", "mine"])
        let failure = try await place.failure("IdentitiesOnly yes\nIdentityFile ~/named.pub\n")
        #expect(failure?.code == .loginRefused)
        #expect(try await place.failure("IdentitiesOnly yes\nIdentityFile ~/none\n")?.code == .keyFileUnreadable)
        #expect(try await place.failure("IdentityFile ~/named.pub\n") == nil)
        place.client.settings.defaultIdentities = [place.client.files.path(of: "named.pub")]
        #expect(try await place.failure("IdentitiesOnly yes\n")?.code == .loginRefused)
        #expect(try await place.failure("") == nil)
    }

    @Test("named keys go before the agent's others, and none is offered twice")
    func order() async throws {
        let place = try await Place(["a", "b", "c", "mine"], ["MaxAuthTries 2"])
        #expect(try await place.failure("")?.code == .loginRefused)
        #expect(try await place.failure("IdentityFile ~/mine.pub\n") == nil)
        let twice = "IdentitiesOnly yes\nIdentityFile ~/a\nIdentityFile ~/mine.pub\n"
        #expect(try await place.failure(twice) == nil)
    }

    @Test("a key the agent does not sign with gives way to the next")
    func unwilling() async throws {
        let place = try await Place(["other", "mine"])
        let agent = try await RunningAgent(place.client.files, name: "careful")
        try await agent.add(place.client.files.makeKey("confirmed"), "-c")
        try place.server.authorize(place.client.files.text("confirmed.pub"))
        var client = place.client
        client.settings.agentSocket = agent.socket
        var connection = client.connection(place.server)
        connection.identityFiles = []
        let failure = await client.failure(connection)
        #expect(failure?.code == .loginRefused)
        #expect(failure?.message.contains("did not sign") == true)
        try await agent.add(client.files.path(of: "mine"))
        #expect(try await client.connect(connection).run(RemoteCommand("true")).succeeded)
    }

    /// In a process of its own, which a signal would end.
    @Test("an agent that goes between the list of its keys and the signature")
    func goes() async {
        await #expect(processExitsWith: .success) {
            let keys = try TemporaryFolder()
            let marker = keys.path(of: "asked")
            let script = try keys.write("touch \(marker); sleep 0.5; cat \(keys.path(of: "mine.pub"))\n", to: "script")
            let command = "AuthorizedKeysCommand /bin/sh \(script)"
            let place = try await Place(["other", "mine"], [command, "AuthorizedKeysCommandUser root"])
            for name in ["mine", "mine.pub"] { try keys.write(place.client.files.text(name), to: name) }
            try place.server.files.write("", to: "authorized_keys")
            async let failure = place.failure("IdentityFile ~/mine.pub\n")
            try await waitForFile(marker)
            place.agent.process.kill()
            #expect(try await failure?.code == .loginRefused)
        }
    }

    @Test("a damaged list is an empty one, and other messages stay", arguments: [[], [12], [12, 0, 0, 0, 1, 9]])
    func damaged(message: [UInt8]) {
        let selection = AgentSelection(preferred: [], isOnly: false)
        #expect(selection.filtered(message) == (message.isEmpty ? [] : [12, 0, 0, 0, 0]))
        #expect(selection.filtered([14, 1, 2]) == [14, 1, 2])
    }

    @Test("a key of an unknown type does not hide those after it")
    func unknownType() {
        let known = Array("ssh-ed25519".utf8).withLength + [UInt8](repeating: 1, count: 32).withLength
        let unknown = Array("ssh-of-tomorrow".utf8).withLength
        let list = [12] + UInt32(2).bytes + unknown.withLength + [].withLength + known.withLength + [].withLength
        let selection = AgentSelection(preferred: [], isOnly: false)
        #expect(selection.filtered(list) == [12] + UInt32(1).bytes + known.withLength + [].withLength)
    }
}

/// A real ssh-agent.
struct RunningAgent {
    let process: ChildProcess
    let socket: String

    init(_ files: TemporaryFolder, name: String = "agent") async throws {
        socket = files.path(of: name)
        process = try ChildProcess(["/usr/bin/ssh-agent", "-D", "-a", socket])
        try await waitForFile(socket)
    }

    func add(_ key: String, _ options: String...) async throws {
        let result = try await Program("/usr/bin/ssh-add", environment: ["SSH_AUTH_SOCK": socket])
            .run(["-q"] + options + [key])
        guard result.status == 0 else { throw TestSupportError("ssh-add failed: \(result.transcript)") }
    }
}
