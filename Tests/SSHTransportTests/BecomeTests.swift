import Fleet
import Remote
import SSHTransport
import TestSupport
import Testing

@Suite("Commands through sudo", .timeLimit(.minutes(2)))
struct BecomeTests {
    @Test("sudo -n runs the command with its input, outputs and status")
    func works() async throws {
        let server = try await SSHServer()
        let client = try Client(trusting: server)
        var connection = client.connection(server)
        connection.become = .sudo
        let shell = try await client.connect(connection)
        let command = RemoteCommand(
            #"id -u; cat; printf '%s\n' "it's" "$SUDO_USER" >&2; exit 5"#, standardInput: Array("input\n".utf8))
        let result = try await shell.run(command)
        #expect(result.status == .exited(5))
        #expect(result.text == "0\ninput\n")
        #expect(result.errorText == "it's\n\(server.user)\n")
    }

    @Test(
        "a sudo that wants a password, and none at all", arguments: ["echo 'a password is required' >&2; exit 1", nil])
    func refused(sudo: String?) async throws {
        let folder = try TemporaryFolder()
        if let sudo {
            let file = try folder.write("#!/bin/sh\n\(sudo)\n", to: "sudo")
            #expect(try await Program("/bin/chmod").run("755", file).status == 0)
        }
        let server = try await SSHServer(configuration: ["SetEnv PATH=\(folder.path)"])
        let client = try Client(trusting: server)
        var connection = client.connection(server)
        connection.become = .sudo
        let failure = try await failure(of: RemoteCommand("exit 1"), on: client.connect(connection))
        #expect(failure?.code == .becomeRefused)
        if sudo != nil { #expect(failure?.message.contains("a password is required") == true) }
    }
}
