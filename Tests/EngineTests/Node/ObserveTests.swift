import Engine
import Fleet
import Foundation
import Remote
import Testing

@Suite struct ObserveTests {
    @Test(arguments: NodeShell.allCases)
    func seesTheNodeAndChangesNothing(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        try node.put("etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n")
        let before = node.list("")
        let observation = try await node.operations().observe()
        #expect(observation.facts.bootID.value?.description == "11111111-2222-3333-4444-555555555555")
        #expect(observation.facts.files["/etc/default/grub"]?.value?.text == node.text("etc/default/grub"))
        #expect(String(decoding: observation.raw, as: UTF8.self).contains("VFIOFLEET-PROBE"))
        #expect(node.list("") == before)
    }

    /// What an observation shows is what a write of the same files compares with.
    @Test func whatWasSeenCanBeChanged() async throws {
        let node = try await TestNode()
        let token = try FencingToken.test()
        let text = "# caf\u{e9} \u{1b}[31m\r\nloop\n\n"
        try node.put("etc/modules", text)
        let seen = try #require(try await node.operations().observe().facts.files["/etc/modules"]?.value?.bytes)
        let change = FileChange(path: "/etc/modules", before: seen, after: seen + Array("vfio\n".utf8))
        try await node.operations().lock(token)
        try await node.operations().write([change], token)
        #expect(try await node.operations().observe().facts.files["/etc/modules"]?.value?.bytes == change.after)
    }

    @Test func aShellThatDoesNotRunItIsSaid() async throws {
        let refused = await refusal { () throws(NodeFailure) in
            _ = try await RemoteNode(shell: ForcedCommand(), controller: "a").observe()
        }
        #expect(refused?.error.code == "node-answer-missing")
        #expect(refused?.evidence?.output == "This account is for backups only.\n")
    }

    /// Somebody who recorded an answer can't pass it off as today's.
    @Test func aRecordedAnswerIsRefused() async throws {
        let node = try await TestNode()
        let shell = LocalShell(node: node)
        let recorded = try await RemoteNode(shell: shell, controller: "a").observe().raw
        let refused = await refusal { () throws(NodeFailure) in
            _ = try await RemoteNode(shell: Recording(answer: recorded), controller: "a").observe()
        }
        #expect(refused?.error.code == "node-answer-missing")
    }

    /// What a login prints is no part of the answer, a recorded answer among it neither.
    @Test func whatALoginPrintsIsPassedOver() async throws {
        let node = try await TestNode()
        let recorded = try await node.operations().observe()
        let shell = Recording(answer: Array("Welcome\n".utf8) + recorded.raw, then: LocalShell(node: node))
        let seen = try await RemoteNode(shell: shell, controller: "a").observe()
        #expect(seen.raw.starts(with: Array("VFIOFLEET-PROBE".utf8)))
        #expect(seen.raw.prefix(64) != recorded.raw.prefix(64))
        #expect(seen.facts.bootID == recorded.facts.bootID)
        let malformed = seen.facts.diagnoses.filter { $0.problem.reason == .malformed }
        #expect(malformed == recorded.facts.diagnoses.filter { $0.problem.reason == .malformed })
    }
}

/// Gives a recorded answer, before the real one if there is a node.
private struct Recording: RemoteShell {
    let answer: [UInt8]
    var then: LocalShell?

    func run(_ command: RemoteCommand) async throws(RemoteFailure) -> RemoteResult {
        let real = try await then?.run(command).standardOutput ?? []
        return RemoteResult(status: .exited(0), standardOutput: answer + real, standardError: [])
    }

    func close() async {}
}

/// A node whose `authorized_keys` runs something else.
private struct ForcedCommand: RemoteShell {
    func run(_ command: RemoteCommand) async throws(RemoteFailure) -> RemoteResult {
        RemoteResult(
            status: .exited(1), standardOutput: Array("This account is for backups only.\n".utf8), standardError: [])
    }

    func close() async {}
}
