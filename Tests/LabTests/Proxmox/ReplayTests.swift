import Foundation
import Testing

@testable import Lab

/// The recordings of a real node, run in their order against the emulation: status, output and messages must be equal.
@Suite struct ReplayTests {
    /// Recordings that are not replayed, each with its reason.
    static let skipped = [
        "110-lspci-nn": "lspci is the distribution's own program on a simulated node",
        "261-start-104": "the recorded machine had no D-Bus; here the guest starts",
        "263-reservations-104": "left by the start that failed for want of D-Bus",
    ]

    @Test func theEmulationAnswersAsTheRecordedNode() throws {
        let node = try RecordedNode()
        let recordings = try Recording.all()
        var replayed = 0
        for recording in recordings where Self.skipped[recording.name] == nil {
            let outcome = try Replay(node: node).run(recording)
            let normalizer = Normalizer(recording: recording)
            #expect(outcome.exitCode == recording.exitCode, "\(recording.name)")
            #expect(normalizer.text(outcome.standardOutput) == normalizer.text(recording.output), "\(recording.name)")
            #expect(normalizer.text(outcome.standardError) == normalizer.text(recording.errors), "\(recording.name)")
            replayed += 1
        }
        #expect(replayed + Self.skipped.count == recordings.count)
        #expect(replayed > 230)
    }

    @Test func everySkipNamesARecording() throws {
        #expect(Set(Self.skipped.keys).isSubset(of: Set(try Recording.all().map(\.name))))
    }
}

/// Runs one recorded command line, with what the recording's shell did around it.
private struct Replay {
    let node: RecordedNode

    func run(_ recording: Recording) throws -> CommandOutcome {
        let words = recording.words
        if recording.name == "239-pending-103-stopped" { try endWithoutCleanUp("103") }
        switch words[0] {
        case "cat": return file(words[1])
        case "grep": return grep(words[2], node.real(words[3]))
        case "pve-fake-running":
            let started = node.run("qm", "start", words[1])
            return CommandOutcome(exitCode: started.exitCode, standardError: started.standardError)
        case "perl":
            try node.write("/run/pvestatd.pid", "1\n")
            return CommandOutcome(
                exitCode: 0, standardError: Array("auth key pair missing, generating new one..\n".utf8))
        case "bash": return try script(recording)
        default: return node.run(words)
        }
    }

    private func file(_ path: String) -> CommandOutcome {
        CommandOutcome(exitCode: 0, standardOutput: node.node.files.bytes(node.real(path)) ?? Array("missing".utf8))
    }

    private func grep(_ pattern: String, _ path: String) -> CommandOutcome {
        let lines = (node.text(path) ?? "").split(separator: "\n").filter { $0.hasPrefix(pattern.dropFirst()) }
        return CommandOutcome(exitCode: 0, standardOutput: Array(lines.map { $0 + "\n" }.joined().utf8))
    }

    private func script(_ recording: Recording) throws -> CommandOutcome {
        if recording.name == "285-digest-ok" {
            let bytes = node.node.files.bytes("/etc/pve/nodes/pve1/qemu-server/100.conf") ?? []
            let digest = GuestConfigParser.parse(bytes, vmid: "100").config.digest
            return node.run("qm", "set", "100", "-name", "gpu-b", "-digest", digest)
        }
        if recording.name == "252-flock-set" { return try whileLocked(recording) }
        var outcome = node.run("qm", "showcmd", "100", "--pretty")
        let wanted = ["vfio", "vga", "-cpu", "nographic"]
        let lines = outcome.outputText.split(separator: "\n").filter { line in wanted.contains { line.contains($0) } }
        outcome.standardOutput = Array(lines.map { $0 + "\n" }.joined().utf8)
        return outcome
    }

    /// The recording's own status and times are those of the shell around it.
    private func whileLocked(_ recording: Recording) throws -> CommandOutcome {
        var console = Console()
        var outcome = try GuestStore(node: node.node).locked("100", &console) { _ in
            node.run("qm", "set", "100", "-hostpci0", "02:00.0,pcie=1")
        }
        #expect(outcome.exitCode != 0)
        let times = recording.errors.suffix(
            from: recording.errors.firstRange(of: Array("\nreal".utf8))?.lowerBound ?? 0)
        outcome.exitCode = 0
        outcome.standardError += times
        return outcome
    }

    private func endWithoutCleanUp(_ vmid: String) throws {
        let guest = GuestProcess(node: node.node, vmid: vmid)
        _ = try #require(guest.running)
        guest.crash()
    }
}

/// Takes out what differs from run to run: identifiers, times, processes, digests over them, a machine's measurements.
private struct Normalizer {
    let recording: Recording

    func text(_ bytes: [UInt8]) -> String {
        var text = latin1(bytes)
        text = text.replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/) { match in
            match.output.hasPrefix("00000000") ? String(match.output) : "UUID"
        }
        text = text.replacing(/ctime=\d+/, with: "ctime=T").replacing(/snaptime: \d+/, with: "snaptime: T")
        text = text.replacing(/\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}/, with: "0000-00-00 00:00:00")
        text = text.replacing(/BC:24:11(:[0-9A-F]{2}){3}/, with: "MAC")
        text = text.replacing(/running kernel: [^)]*/, with: "running kernel: K")
        text = text.replacing(/(running +\d+ +[\d.]+ )\d+ *\n/) { match in "\(match.output.1)PID\n" }
        let command = recording.words.joined(separator: " ")
        if command.contains("/qemu/") { text = text.replacing(/"[0-9a-f]{40}"/, with: "\"DIGEST\"") }
        if command.contains("/pending") { text = sortedItems(text) }
        return command.contains("/cluster/resources") ? withoutMeasurements(text) : text
    }

    /// The order of the items is that of a Perl hash.
    private func sortedItems(_ text: String) -> String {
        text.split(separator: "\n   {").map { item in
            item.split(separator: "\n").filter { !["]", "   }", "   },"].contains($0) }.joined(separator: "\n")
        }.sorted().joined(separator: "\n")
    }

    private func withoutMeasurements(_ text: String) -> String {
        guard let start = text.firstRange(of: "\"cgroup-mode\"")?.lowerBound else { return sortedContent(text) }
        let tail = String(text[start...]).replacing(/"(cgroup-mode|disk|max[a-z]+|mem|uptime)" : \d+/) { match in
            "\"\(match.output.1)\" : N"
        }
        return sortedContent(String(text[..<start]) + String(tail))
    }

    private func sortedContent(_ text: String) -> String {
        text.replacing(/"content" : "([^"]*)"/) { match in
            "\"content\" : \"\(match.output.1.split(separator: ",").sorted())\""
        }
    }
}
