import Fleet
import Foundation
import Probe
import Store
import TestSupport
import Testing

@testable import Commands
@testable import Forms

/// What the program prints about nodes whose answers are full of what steers a terminal.
@Suite struct HostileOutputTests {
    /// A title, a cleared screen, a C1 control, a carriage return, text turned around.
    private static let poison = "\u{1B}]0;owned\u{7}\u{1B}[2J\u{9B}31m\rok \u{202E}desrever"
    private static let answers = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fuzzing/Answers")

    /// One answer for each part that has poison at the end of its lines, and one with it everywhere.
    private static func variants(of name: String) throws -> [[UInt8]] {
        let bytes = try Data(contentsOf: answers.appending(path: "\(name).answer"))
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
        let mark = Array("@fuzz ".utf8)
        let parts = lines.indices.filter { lines[$0].starts(with: mark + Array("< ".utf8)) }
        func poisoned(_ chosen: (Int) -> Bool) -> [UInt8] {
            var part = -1
            return Array(
                lines.indices.map { index -> [UInt8] in
                    if parts.contains(index) { part += 1 }
                    let isContent = index > 0 && !lines[index].starts(with: mark) && !lines[index].isEmpty
                    return isContent && chosen(part) ? withPoison(lines[index]) : lines[index]
                }.joined(separator: [UInt8(ascii: "\n")]))
        }
        return parts.indices.map { chosen in poisoned { $0 == chosen } } + [poisoned { _ in true }]
    }

    /// At the end of the line, and of each quoted word in it.
    private static func withPoison(_ line: [UInt8]) -> [UInt8] {
        let text = String(decoding: line, as: UTF8.self).replacing("\" ", with: "\(poison)\" ")
        return Array("\(text)\(poison)".utf8)
    }

    private static func expectHarmless(
        _ text: String, _ what: String, sourceLocation: Testing.SourceLocation = #_sourceLocation
    ) {
        let steering = text.unicodeScalars.first {
            $0.properties.generalCategory == .control && $0 != "\n" && $0 != "\t" || $0 == "\u{202E}"
        }
        #expect(steering == nil, "\(what): \(text.debugDescription.prefix(300))", sourceLocation: sourceLocation)
    }

    private static let playbook = """
        playbook: hostile
        devices: [{name: gpu, match: {category: display, count: 1}, optional: true}]
        guests: [{vm: 100, machine: q35, devices: [{device: gpu}]}]
        adopt: clean
        """

    /// A database in which every variant was seen after the answer it was made from.
    private static func fleet(_ folder: TemporaryFolder) async throws -> (program: Program, nodes: [NodeName]) {
        let answers = try ["rich", "sysd"].flatMap { try variants(of: $0) }
        let nodes = try answers.indices.map { try #require(NodeName("n\($0)")) }
        let hosts = nodes.map { "  \($0): {address: 192.0.2.1}" }.joined(separator: "\n")
        try folder.write("nodes:\n\(hosts)\n", to: "inventory.yaml")
        try folder.write(playbook, to: "playbook.yaml")
        let program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": folder.path(of: "fleet.db")])
        let imported = try await program.run("inventory", "import", folder.path(of: "inventory.yaml"))
        try #require(imported.status == 0, "\(imported.transcript)")
        let store = try Store.open(path: folder.path(of: "fleet.db"))
        let first = try Data(contentsOf: Self.answers.appending(path: "rich.answer"))
        for (time, seen) in [(1, answers.map { _ in Array(first) }), (2, answers)] {
            let sightings = zip(nodes, seen).map { node, answer in
                Sighting(of: node, at: Timestamp(milliseconds: Int64(time) * 60_000), answer: answer)
            }
            _ = try await store.record(sightings)
        }
        return (program, nodes)
    }

    @Test(.timeLimit(.minutes(5))) func nothingANodeSaysSteersTheTerminal() async throws {
        let folder = try TemporaryFolder()
        let (program, nodes) = try await Self.fleet(folder)
        let page = folder.path(of: "page.html")
        for words in [
            ["show", "*"], ["show", "*", "--critical"], ["show", "*", "--history"], ["gpus"], ["gpus", "--verbose"],
            ["gpus", "--csv"], ["gpus", "--changes"], ["gpus", "--html", page],
            ["plan", folder.path(of: "playbook.yaml"), "--stored", "--verbose"], ["explain", "n1", "01:00"],
            ["explain", "\(nodes[nodes.count - 1])", "01:00"],
        ] {
            let result = try await program.run(words)
            #expect([0, 1, 2].contains(result.status), "\(words): \(result.transcript.prefix(300))")
            // The lines of CSV end as RFC 4180 says.
            Self.expectHarmless(result.output.replacing("\r\n", with: "\n"), "\(words)")
            #expect(result.output.contains(#"\e]0;owned"#) || words.contains("--html"), "\(words) shows none of it")
            Self.expectHarmless(result.error, "\(words)")
        }
        Self.expectHarmless(try String(contentsOfFile: page, encoding: .utf8), "the page")
    }

    /// Verifying looks at nodes anew, so its forms are filled by hand.
    @Test func norDoesWhatWasVerified() throws {
        let node = try #require(NodeName("pve1"))
        let gpu = DeviceRequest(name: "gpu", match: .kind(.init(category: .display, count: 1)))
        for answer in try Self.variants(of: "rich") {
            let facts = ProbeParser.parse(answer)
            let result = Verifier.verify(node: node, facts: facts, settings: NodeSettings(devices: [gpu]))
            let view = VerifyView(results: [result], isVerbose: true, terminal: Terminal())
            Self.expectHarmless(view.render(), "verify")
            Self.expectHarmless(JUnitReport.render([result], playbook: "x"), "verify --junit")
        }
    }
}
