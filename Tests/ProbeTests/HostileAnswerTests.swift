import AnswerTrials
import Fleet
import Foundation
import Probe
import TestSupport
import Testing

/// Answers that were cut, shuffled, doubled or made up. The parser must neither trap nor make up facts.
@Suite struct HostileAnswerTests {
    let answer: [UInt8]
    let whole: Knowledge

    init() throws {
        answer = try SampleNode.make().answer()
        whole = Knowledge(ProbeParser.parse(answer))
    }

    /// More with `PROBE_ITERATIONS`; each iteration is one answer parsed.
    private var iterations: Int {
        ProcessInfo.processInfo.environment["PROBE_ITERATIONS"].flatMap(Int.init) ?? 300
    }

    @Test func cutAnywhereKnowsLessAndNothingElse() {
        var random = SeededNumbers(seed: 7)
        for _ in 0..<iterations {
            expectNothingNew(Array(answer.prefix(Int.random(in: 0..<answer.count, using: &random))))
        }
    }

    @Test func framesShuffledDoubledAndDroppedTellNothingNew() {
        var random = SeededNumbers(seed: 11)
        let frames = self.frames
        for _ in 0..<iterations {
            var chosen = frames.body
            switch Int.random(in: 0..<3, using: &random) {
            case 0: chosen.shuffle(using: &random)
            case 1: chosen.remove(at: .random(in: chosen.indices, using: &random))
            default: chosen.insert(chosen[.random(in: chosen.indices, using: &random)], at: chosen.endIndex)
            }
            expectNothingNew(frames.head + chosen.flatMap(\.self) + frames.tail)
        }
    }

    @Test func contentsExchangedBetweenFramesNeverTrap() {
        var random = SeededNumbers(seed: 13)
        for _ in 0..<iterations {
            var bytes = answer
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                mutate(&bytes, &random)
            }
            _ = ProbeParser.parse(bytes)
            _ = ProbeParser.stableContent(of: bytes)
        }
    }

    @Test func anyBytesAreAnAnswerWithoutFacts() {
        var random = SeededNumbers(seed: 17)
        for length in [0, 1, 2, 100, 5000] {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let facts = ProbeParser.parse(bytes)
            #expect(facts.formatVersion == nil)
            #expect(facts.diagnoses.map(\.problem.reason) == [.malformed])
        }
    }

    @Test func aFileCannotForgeAFrame() throws {
        let tree = try SampleNode.make()
        try tree.file("/etc/modprobe.d/evil.conf", "\n@wrong > 0\n@wrong < secure-boot\t16\tx\n\n@wrong > 0\n@ . 1\n")
        let facts = ProbeParser.parse(try tree.answer())
        #expect(facts.diagnoses == [])
        #expect(facts.secureBoot == .known(true))
        let text = facts.files["/etc/modprobe.d/evil.conf"]?.value?.text
        #expect(text?.hasPrefix("\n@wrong > 0") == true)
    }

    @Test func contradictingDoublesAreNotBelieved() {
        let text = String(decoding: answer, as: UTF8.self)
        let bytes = Array(
            text.replacing("@t3stn0nce . ", with: "@t3stn0nce < boot-id\t64\tx\nother\n@t3stn0nce > 0\n@t3stn0nce . ")
                .utf8)
        guard case .unknown(let why) = ProbeParser.parse(bytes).bootID else { return #expect(Bool(false), "believed") }
        #expect(why.reason == .malformed)
    }

    @Test func aTableWithOtherColumnsMakesNoSense() {
        let facts = ProbeParser.parse(Self.answer("initramfs", "kernel\tpath\n6.8\t/boot/x"))
        guard case .unknown(let why) = facts.initramfs else { return #expect(Bool(false), "believed") }
        #expect(why.reason == .malformed)
    }

    @Test func evidenceIsWhatTheNodeSaid() {
        let facts = ProbeParser.parse(Self.answer("cmdline", "quiet \u{fffd}"))
        #expect(facts.evidence["cmdline"] == Evidence(command: "show it", output: "quiet \u{fffd}", exitCode: 0))
        #expect(facts.evidence.parts == ["cmdline"])
        #expect(facts.evidence["release"] == nil)
        #expect(facts.evidence != ProbeParser.parse(Self.answer("cmdline", "quiet")).evidence)
        #expect(NodeFacts().evidence.isEmpty)
    }

    @Test func theInnermostFunctionOnAPathCounts() {
        let path = "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0"
        let table = "name\tpath\tnumber\tlower\tmapper\tpaths\nnvme0\t\(path)\t8:0\t\t-\t"
        let disks = ProbeParser.parse(Self.answer("block", table)).blockDevices.value
        #expect(disks?.first?.functions.map(\.description) == ["0000:01:00.0"])
    }

    /// An answer of one part.
    private static func answer(_ part: String, _ content: String) -> [UInt8] {
        Array("VFIOFLEET-PROBE 1 abc\n@abc < \(part)\t16384\tshow it\n\(content)\n@abc > 0\n@abc . 1\n".utf8)
    }

    @Test func unknownFormatsAreSaidSo() {
        let facts = ProbeParser.parse(Array("VFIOFLEET-PROBE 99 abc\n@abc . 0\n".utf8))
        #expect(facts.formatVersion == 99)
        #expect(!facts.diagnoses.isEmpty)
        #expect(facts.functions.value == nil)
    }

    @Test func whatALoginPrintsBeforeIsPassedOver() {
        let facts = ProbeParser.parse(Array("Welcome!\nVFIOFLEET-PROBE what\n".utf8) + answer)
        #expect(Knowledge(facts) == whole)
        #expect(facts.diagnoses == [])
    }

    @Test func stableContentLeavesTheVolatileOut() throws {
        let text = String(decoding: answer, as: UTF8.self)
        let later = text.replacing("@t3stn0nce ", with: "@0ther ").replacing("1 t3stn0nce\n", with: "1 0ther\n")
            .replacing("D3hot", with: "D0")
        #expect(ProbeParser.stableContent(of: answer) == ProbeParser.stableContent(of: Array(later.utf8)))
        let changed = text.replacing("vfio_pci\n", with: "vfio\n")
        #expect(ProbeParser.stableContent(of: answer) != ProbeParser.stableContent(of: Array(changed.utf8)))
        #expect(ProbeParser.stableContent(of: answer) != ProbeParser.stableContent(of: answer.dropLast(20)))
    }

    // MARK: Helpers

    /// Each fact is as in the whole answer, or unknown.
    private func expectNothingNew(_ bytes: [UInt8]) {
        let lies = Knowledge(ProbeParser.parse(bytes)).contradictions(of: whole)
        #expect(lies.isEmpty, "an answer of \(bytes.count) bytes")
    }

    private var frames: (head: [UInt8], body: [[UInt8]], tail: [UInt8]) {
        let text = String(decoding: answer, as: UTF8.self)
        let parts = text.split(separator: "@t3stn0nce < ", omittingEmptySubsequences: false).map(String.init)
        let end = "@t3stn0nce . "
        var body = parts.dropFirst().map { "@t3stn0nce < " + $0 }
        let last = body.removeLast().components(separatedBy: end)
        body.append(last[0])
        return (Array(parts[0].utf8), body.map { Array($0.utf8) }, Array((end + last[1]).utf8))
    }

    private func mutate(_ bytes: inout [UInt8], _ random: inout SeededNumbers) {
        guard bytes.count > 100 else { return }
        let at = Int.random(in: 0..<(bytes.count - 50), using: &random)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[at] = .random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(at..<(at + Int.random(in: 1..<50, using: &random)))
        case 2: bytes.insert(contentsOf: bytes[at..<(at + 40)], at: .random(in: 0..<bytes.count, using: &random))
        case 3: bytes.insert(contentsOf: Array("99999999999999999999999".utf8), at: at)
        default:
            bytes.replaceSubrange(
                at..<(at + 1), with: [[9], [10], [45], [63], [0xff], [0]].randomElement(using: &random) ?? [])
        }
    }
}
