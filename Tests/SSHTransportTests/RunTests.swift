import Fleet
import Remote
import SSHTransport
import TestSupport
import Testing

@Suite("Commands on a real sshd", .timeLimit(.minutes(2)))
struct RunTests {
    @Test("output, error output and exit status arrive apart")
    func outputAndStatus() async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        let result = try await shell.run(RemoteCommand("echo out; echo err >&2; exit 7"))
        #expect(result.status == .exited(7))
        #expect(result.text == "out\n")
        #expect(result.errorText == "err\n")
        #expect(!result.isTruncated)
        #expect(try await shell.run(RemoteCommand("true")).succeeded)
        await shell.close()
    }

    @Test("a command killed by a signal says which")
    func signal() async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        #expect(try await shell.run(RemoteCommand("kill -KILL $$")).status == .signalled("KILL"))
        #expect(try await shell.run(RemoteCommand("kill -TERM $$")).status == .signalled("TERM"))
    }

    @Test("ten megabytes on both outputs at once arrive whole")
    func muchOutput() async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        let command = RemoteCommand(
            "head -c 10485760 /dev/zero & head -c 10485760 /dev/zero | tr '\\0' e >&2; wait",
            limits: .init(outputBytes: 32 << 20))
        let result = try await shell.run(command)
        #expect(result.status == .exited(0))
        #expect(result.standardOutput.count == 10_485_760 && result.standardOutput.allSatisfy { $0 == 0 })
        #expect(result.standardError.count == 10_485_760 && result.standardError.allSatisfy { $0 == UInt8(ascii: "e") })
    }

    @Test("output that is no UTF-8 arrives byte for byte")
    func invalidUTF8() async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        let result = try await shell.run(RemoteCommand(#"printf '\377\000\300\200a'"#))
        #expect(result.standardOutput == [0xff, 0, 0xc0, 0x80, UInt8(ascii: "a")])
    }

    @Test("input reaches the command whole, and its end too", arguments: [0, 1, 5_000_000])
    func input(size: Int) async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        let input = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try await shell.run(RemoteCommand("cat", standardInput: input)).standardOutput == input)
    }

    @Test("a command that does not read its input ends as it would")
    func unreadInput() async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        let input = [UInt8](repeating: 0, count: 8_000_000)
        #expect(try await shell.run(RemoteCommand("exit 3", standardInput: input)).status == .exited(3))
    }

    @Test("more commands at once than sshd takes wait for each other")
    func manyAtOnce() async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        let outputs = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 1...30 {
                group.addTask { try await shell.run(RemoteCommand("sleep 0.05; echo \(number)")).text }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(outputs == Set((1...30).map { "\($0)\n" }))
    }

    @Test("output over the limit is cut, and the command left")
    func outputLimit() async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        let result = try await shell.run(RemoteCommand("yes", limits: .init(outputBytes: 1000)))
        #expect(result.isTruncated && result.status == .unknown)
        #expect(result.standardOutput.count == 1000)
        #expect(try await shell.run(RemoteCommand("echo still here")).text == "still here\n")
        let exact = try await shell.run(RemoteCommand("printf 12345", limits: .init(outputBytes: 5)))
        #expect(!exact.isTruncated && exact.status == .exited(0))
    }

    @Test("deadline and silence end a command, and the connection goes on")
    func deadlines() async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        let busy = RemoteCommand(
            "while :; do echo; sleep 0.05; done", limits: .init(deadline: .milliseconds(500), silence: .seconds(10)))
        #expect(await failure(of: busy, on: shell)?.code == .commandTimedOut)
        let mute = RemoteCommand(
            "echo begin; sleep 20", limits: .init(deadline: .seconds(20), silence: .milliseconds(300)))
        #expect(await failure(of: mute, on: shell)?.code == .silent)
        #expect(try await shell.run(RemoteCommand("true")).succeeded)
    }

    @Test("cancelling a task closes its channel only")
    func cancellation() async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        let marker = server.files.path(of: "started")
        let task = Task { await failure(of: RemoteCommand("touch \(marker); sleep 30"), on: shell) }
        try await waitForFile(marker)
        task.cancel()
        #expect(await task.value?.code == .cancelled)
        #expect(try await shell.run(RemoteCommand("true")).succeeded)
    }

    @Test("a server killed in mid-command is a lost connection")
    func serverKilled() async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        let marker = server.files.path(of: "started")
        async let failed = failure(of: RemoteCommand("touch \(marker); sleep 30"), on: shell)
        try await waitForFile(marker)
        server.stop()
        #expect(await failed?.code == .connectionLost)
        #expect(await failure(of: RemoteCommand("true"), on: shell)?.code == .connectionLost)
    }

    @Test("closing ends running commands, and can be repeated")
    func closing() async throws {
        let server = try await SSHServer()
        let shell = try await Client(trusting: server).connect(server)
        let marker = server.files.path(of: "started")
        async let failed = failure(of: RemoteCommand("touch \(marker); sleep 30"), on: shell)
        try await waitForFile(marker)
        await shell.close()
        await shell.close()
        #expect(await failed?.code == .connectionLost)
    }

    /// libssh would keep the questions, and the server wait for an answer.
    @Test("a server that asks for channels is refused each of them", .timeLimit(.minutes(1)))
    func askingServer() async throws {
        let client = try Client()
        let hostKey = try await client.files.makeKey("host")
        let server = try AskingServer(hostKey: hostKey)
        let key = try await client.files.makeKey("key")
        let known = try client.files.text("host.pub").split(separator: " ").prefix(2).joined(separator: " ")
        try client.files.write("[\(server.address)]:\(server.port) \(known)\n", to: "known_hosts")
        let shell = try await client.connect(
            .init(address: server.address, port: server.port, user: "root", identityFiles: [key]))
        #expect(try await shell.run(RemoteCommand("anything")).status == .exited(20))
    }
}
