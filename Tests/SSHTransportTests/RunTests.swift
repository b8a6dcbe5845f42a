import Fleet
import Remote
import SSHTransport
import TestSupport
import Testing

@Suite("Commands on a real sshd", .timeLimit(.minutes(1)))
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
        await shell.close()
    }
}
