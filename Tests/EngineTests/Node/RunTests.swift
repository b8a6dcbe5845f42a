import Engine
import Fleet
import Foundation
import Remote
import Testing

@Suite struct RunTests {
    @Test(arguments: NodeShell.allCases)
    func outputIsEvidence(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let token = try FencingToken.test()
        try node.install("update-initramfs", #"echo "args: $*"; echo warned >&2; printf 'no end of line \377'; cat"#)
        try await node.operations().lock(token)
        let evidence = try await node.operations().run(.updateInitramfs, token)
        #expect(evidence.command == "update-initramfs -u -k all")
        #expect(evidence.exitCode == 0)
        #expect(evidence.output == "args: -u -k all\nwarned\nno end of line \u{fffd}")
    }

    @Test(arguments: NodeShell.allCases)
    func failureShowsTheEndOfTheOutput(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let token = try FencingToken.test()
        try node.install("update-grub", "seq 1 100000; echo 'grub-probe: error' >&2; exit 7")
        try await node.operations().lock(token)
        let refused = await refusal { () throws(NodeFailure) in
            _ = try await node.operations().run(.updateGrub, token)
        }
        #expect(refused?.error.code == "rebuild-failed")
        #expect(refused?.evidence?.exitCode == 7)
        #expect(refused?.evidence?.output.hasSuffix("100000\ngrub-probe: error\n") == true)
        #expect((refused?.evidence?.output.utf8.count ?? 0) <= 65536)
    }

    @Test func missingToolIsNamed() async throws {
        let node = try await TestNode()
        let token = try FencingToken.test()
        try await node.operations().lock(token)
        let refused = await refusal { () throws(NodeFailure) in
            _ = try await node.operations().run(.refreshBootTool, token)
        }
        #expect(refused?.error.code == "tool-missing")
        #expect(refused?.error.message.contains("proxmox-boot-tool") == true)
    }

    @Test(arguments: NodeShell.allCases)
    func rebootsOnce(_ shell: NodeShell) async throws {
        let node = try await TestNode(shell)
        let token = try FencingToken.test()
        let boot = try #require(BootID("11111111-2222-3333-4444-555555555555"))
        try node.install("systemctl", "echo \"$*\" >>/etc/ordered")
        try await node.operations().lock(token)
        try await node.operations().reboot(from: boot, token)
        #expect(node.text("etc/ordered") == "reboot\n")
        _ = try await node.sh("echo 99999999-2222-3333-4444-555555555555 >/proc/sys/kernel/random/boot_id")
        try await node.operations().reboot(from: boot, token)
        #expect(node.text("etc/ordered") == "reboot\n")
    }

    @Test func aRefusedRebootIsSaid() async throws {
        let node = try await TestNode()
        let token = try FencingToken.test()
        let boot = try #require(BootID("11111111-2222-3333-4444-555555555555"))
        try node.install("systemctl", "echo 'Operation inhibited by \"backup\"' >&2; exit 1")
        try await node.operations().lock(token)
        let refused = await refusal { () throws(NodeFailure) in try await node.operations().reboot(from: boot, token) }
        #expect(refused?.error.code == "reboot-refused")
        #expect(refused?.evidence?.output.contains("inhibited") == true)
    }

    @Test func goingDownMidwayCountsAsTaken() async throws {
        let node = try await TestNode()
        let token = try FencingToken.test()
        let boot = try #require(BootID("11111111-2222-3333-4444-555555555555"))
        try node.install(
            "systemctl", "echo ordered >/etc/ordered; kill -9 $PPID")
        try await node.operations().lock(token)
        try await node.operations().reboot(from: boot, token)
        #expect(node.text("etc/ordered") == "ordered\n")
    }

    @Test func noiseOfLoginFilesIsNoAnswer() async throws {
        let node = try await TestNode()
        let token = try FencingToken.test()
        try await RemoteNode(shell: NoisyShell(shell: LocalShell(node: node)), controller: "a").lock(token)
        let refused = await refusal { () throws(NodeFailure) in
            try await RemoteNode(shell: NoisyShell(shell: LocalShell(node: node), runs: "exit 3"), controller: "a")
                .lock(token)
        }
        #expect(refused?.error.code == "node-answer-missing")
        #expect(refused?.evidence?.output.contains("Welcome") == true)
        #expect(refused?.evidence?.exitCode == 3)
    }
}

/// A node whose login files talk.
private struct NoisyShell: RemoteShell {
    let shell: LocalShell
    var runs = ""

    func run(_ command: RemoteCommand) async throws(RemoteFailure) -> RemoteResult {
        var noisy = command
        noisy.text = "printf 'Welcome\\n@x end done'; echo oops >&2; \(runs)\n" + command.text
        return try await shell.run(noisy)
    }

    func close() async {}
}
