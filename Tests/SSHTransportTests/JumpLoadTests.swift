import Fleet
import Remote
import TestSupport
import Testing

@testable import SSHTransport

@Suite("Many streams through one jump host", .timeLimit(.minutes(3)))
struct JumpLoadTests {
    private struct Way {
        let jump: SSHServer
        let server: SSHServer
        let client: Client
        let connection: ConnectionSettings

        init(_ configuration: [String] = []) async throws {
            jump = try await SSHServer(configuration: configuration)
            server = try await SSHServer(configuration: configuration)
            var client = try Client(trusting: jump, server)
            client.settings.limits = .init(connect: .seconds(60), handshake: .seconds(60), login: .seconds(60))
            var connection = client.connection(server)
            connection.jumps = [.init(address: jump.address, port: jump.port, user: jump.user)]
            try jump.authorize(server.files.text("client.pub"))
            (self.client, self.connection) = (client, connection)
        }

        /// `count` nodes connect, run a command with some output each, and stay until all are done. Returns how often
        /// the reactor's thread looked at something.
        func wakeUps(connections count: Int, bytes: Int) async throws -> Int {
            let connector = SSHConnector(client.settings)
            let (node, connection) = (client.node, connection)
            let shells = try await withThrowingTaskGroup(of: (any RemoteShell).self) { group in
                for _ in 0..<count {
                    group.addTask {
                        let shell = try await connector.connect(to: node, with: connection)
                        let result = try await shell.run(RemoteCommand("head -c \(bytes) /dev/zero"))
                        #expect(result.standardOutput.count == bytes)
                        return shell
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(shells.count == count)
            return connector.loop.reactor.wakeUps
        }
    }

    /// Were each connection woken for what comes in for the others, fifty would cost a hundred times as much as five.
    @Test("fifty connections cost as much as fifty times one")
    func wakeUpsGrowLinearly() async throws {
        let way = try await Way()
        let few = try await way.wakeUps(connections: 5, bytes: 29_000)
        let many = try await way.wakeUps(connections: 50, bytes: 29_000)
        #expect(many < 20 * few, "\(few) wake-ups for 5 connections, \(many) for 50")
        #expect(many < 50 * 300, "\(many) wake-ups for 50 connections")
    }

    /// libssh reads 4 KiB at once: a stream looked at for each of them would be looked at 2,560 times.
    @Test("ten megabytes cost fewer wake-ups than reads")
    func muchOutput() async throws {
        let wakeUps = try await Way().wakeUps(connections: 1, bytes: 10 << 20)
        #expect(wakeUps < 2000, "\(wakeUps) wake-ups")
    }

    /// While keys are exchanged nobody can write.
    @Test("servers that want new keys for each megabyte")
    func keyExchanges() async throws {
        let way = try await Way(["RekeyLimit 1M", "LogLevel DEBUG1"])
        let connector = SSHConnector(way.client.settings)
        let (node, connection) = (way.client.node, way.connection)
        let input = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    let shell = try await connector.connect(to: node, with: connection)
                    #expect(try await shell.run(RemoteCommand("cat", standardInput: input)).standardOutput == input)
                }
            }
            try await group.waitForAll()
        }
        for server in [way.jump, way.server] {
            #expect(try server.log().ranges(of: "SSH2_MSG_NEWKEYS received").count > 5)
        }
    }

    @Test("a stream that opens after nobody waits for it any more is closed")
    func lateOpening() async throws {
        let way = try await Way()
        let listener = try Listener(backlog: 0)
        let fillers = try (0..<2).map { _ in try Filler(listener) }
        var client = way.client
        client.settings.limits.connect = .milliseconds(600)
        let connector = SSHConnector(client.settings)
        // Keeps the connection to the jump host open.
        let shell = try await connector.connect(to: client.node, with: way.connection)
        var target = way.connection
        (target.address, target.port) = (listener.address, listener.port)
        await #expect(throws: RemoteFailure.self) { _ = try await connector.connect(to: client.node, with: target) }
        // The kernel lets them in in any order.
        var accepted: [AcceptedConnection] = []
        for _ in 0..<3 { accepted.append(await listener.accept(sending: [])) }
        let hasEnded = try await withThrowingTaskGroup(of: Bool.self) { group in
            for connection in accepted { group.addTask { try await connection.ends(within: .seconds(20)) } }
            defer { group.cancelAll() }
            for try await ends in group where ends { return true }
            return false
        }
        #expect(hasEnded)
        #expect(try await shell.run(RemoteCommand("true")).succeeded)
        withExtendedLifetime(fillers) {}
    }
}
