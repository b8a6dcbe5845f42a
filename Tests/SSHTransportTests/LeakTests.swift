import Fleet
import FoundationEssentials
import Remote
import SSHTransport
import TestSupport
import Testing

@Suite("What connections leave behind", .timeLimit(.minutes(2)))
struct LeakTests {
    /// In a process of its own, whose descriptors nobody else opens.
    @Test("no descriptor, however connections end")
    func descriptors() async {
        await #expect(processExitsWith: .success) {
            let (jump, server) = (try await SSHServer(), try await SSHServer())
            var client = try Client(trusting: jump, server)
            let agent = try await RunningAgent(client.files)
            try await agent.add(server.clientKey)
            client.settings.agentSocket = agent.socket
            let stranger = try await client.files.makeKey("stranger")
            try jump.authorize(server.files.text("client.pub"))
            try await everyEnd(client, jump, server, stranger)
            let before = try openDescriptors()
            for _ in 0..<5 { try await everyEnd(client, jump, server, stranger) }
            for _ in 0..<300 where try openDescriptors() > before { try await Task.sleep(for: .milliseconds(20)) }
            #expect(try openDescriptors() <= before)
        }
    }
}

extension LeakTests {
    @Test("no descriptor, whenever the work is cancelled")
    func cancellation() async {
        await #expect(processExitsWith: .success) {
            let (jump, server) = (try await SSHServer(), try await SSHServer())
            let client = try Client(trusting: jump, server)
            try jump.authorize(server.files.text("client.pub"))
            var through = client.connection(server)
            through.jumps = [.init(address: jump.address, port: jump.port, user: jump.user)]
            // Does all once, so that what stays for good is open already.
            #expect(try await client.connect(through).run(RemoteCommand("true")).succeeded)
            let before = try openDescriptors()
            let connector = SSHConnector(client.settings)
            let stays = try await connector.connect(to: client.node, with: through)
            try await cancelAtAnyTime(connector, client.node, [through, client.connection(server)])
            #expect(try await stays.run(RemoteCommand("true")).succeeded)
            await stays.close()
            // Each of the connector's threads has two, and there may be six.
            let threads = 12
            for _ in 0..<300 where try openDescriptors() > before + threads {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try openDescriptors() <= before + threads)
            withExtendedLifetime(connector) {}
        }
    }
}

/// Connects and runs a command with input and output sixty times, each cancelled a little later than the one before.
private func cancelAtAnyTime(
    _ connector: SSHConnector, _ node: NodeName, _ connections: [ConnectionSettings]
) async throws {
    let command = RemoteCommand("cat; sleep 9", standardInput: Array(repeating: 7, count: 300_000))
    try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<60 {
            group.addTask {
                let task = Task {
                    let shell = try await connector.connect(to: node, with: connections[number % 2])
                    _ = try await shell.run(command)
                }
                try await Task.sleep(for: .milliseconds(number * 10))
                task.cancel()
                if case .failure(let failure as RemoteFailure) = await task.result {
                    #expect(failure.code == .cancelled, "\(failure)")
                } else {
                    Issue.record("the work ended otherwise")
                }
            }
        }
        try await group.waitForAll()
    }
}

/// Good and bad connections, through a jump host too, some left without being closed.
private func everyEnd(_ client: Client, _ jump: SSHServer, _ server: SSHServer, _ stranger: String) async throws {
    var through = client.connection(server)
    through.jumps = [.init(address: jump.address, port: jump.port, user: jump.user)]
    for connection in [client.connection(server), through] {
        let shell = try await client.connect(connection)
        #expect(try await shell.run(RemoteCommand("true")).succeeded)
        let limits = RemoteCommand.Limits(deadline: .milliseconds(50))
        #expect(await failure(of: RemoteCommand("sleep 9", limits: limits), on: shell)?.code == .commandTimedOut)
        await shell.close()
        #expect(try await client.connect(connection).run(RemoteCommand("true")).succeeded)
        var refused = connection
        refused.identityFiles = [stranger]
        refused.user = "no-such-user"
        #expect(await client.failure(refused) != nil)
        var byAgent = connection
        byAgent.identityFiles = []
        #expect(try await client.connect(byAgent).run(RemoteCommand("true")).succeeded)
    }
    #expect(await client.failure(.init(address: "127.0.0.1", port: 1)) != nil)
    let connector = SSHConnector(client.settings)
    #expect(try await connector.hostKeys(of: client.node, with: through).isKnown)
}

private func openDescriptors() throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
}
