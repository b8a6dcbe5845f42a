import Fleet
import Foundation
import FoundationXML
import Testing

@testable import Commands
@testable import Forms

@Suite struct VerifyOutputTests {
    private static func results() throws -> [NodeCompliance] {
        [
            NodeCompliance(
                node: try #require(NodeName("pve1")),
                checks: [
                    CheckResult(.files, .pass, "as planned"),
                    CheckResult(
                        .driver, device: "0000:01:00.2", .fail, "is on xhci_hcd <\"&'>",
                        evidence: [Evidence(command: "lspci -nnks 01:00.2", output: "driver: \u{1B}[31mxhci_hcd")]),
                    CheckResult(.group, .unknown, "no groups"),
                ])
        ]
    }

    @Test func junitIsWellFormedAndCounts() throws {
        let text = JUnitReport.render(try Self.results(), playbook: "gpu & co")
        #expect(text.contains(#"<testsuites name="gpu &amp; co" tests="3" failures="1" errors="1">"#))
        #expect(!text.contains("\u{1B}"))
        let parser = XMLReader(text)
        #expect(parser.error == nil)
        #expect(parser.elements == ["testsuites": 1, "testsuite": 1, "testcase": 3, "failure": 1, "error": 1])
    }

    @Test func tableSaysHowFarTheProofGoes() throws {
        let text = VerifyView(results: try Self.results(), isVerbose: false, terminal: Terminal()).render()
        #expect(text.hasPrefix("pve1  not compliant  proven up to files (1 of 3 links)\n"))
        #expect(text.contains("FAIL driver 0000:01:00.2: is on xhci_hcd"))
        #expect(text.contains("$ lspci -nnks 01:00.2"))
        #expect(!text.contains("as planned"))
    }

    @Test func aDiffIsShownByWhatChanges() throws {
        let lines = (1...6).map { "+added \($0)" }
        let diff = (["--- a/x", "+++ b/x", "@@ -1,3 +1,9 @@", " stays"] + lines).joined(separator: "\n")
        let check = CheckResult(.files, .fail, "x", evidence: [Evidence(command: "cat /x", output: diff)])
        let result = NodeCompliance(node: try #require(NodeName("a")), checks: [check])
        let text = VerifyView(results: [result], isVerbose: false, terminal: Terminal()).render()
        let shown = (["+added 1", "+added 2", "+added 3", "+added 4", "…"]).map { "        \($0)\n" }.joined()
        #expect(text.contains(shown), "\(text)")
        #expect(!text.contains("stays") && !text.contains("+++ b/x"))
    }

    @Test func knownWrongCountsBeforeUntold() throws {
        let node = try #require(NodeName("a"))
        let good = NodeCompliance(node: node, checks: [CheckResult(.files, .pass, "")])
        let untold = NodeCompliance(node: node, checks: [])
        #expect([good].outcome == .good)
        #expect([good, untold].outcome == .failed)
        #expect((try Self.results() + [untold]).outcome == .attention)
    }
}

/// Counts elements with a real XML parser.
private final class XMLReader: NSObject, XMLParserDelegate {
    var elements: [String: Int] = [:]
    var error: (any Error)?

    init(_ text: String) {
        super.init()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = self
        if !parser.parse() { error = parser.parserError ?? CocoaError(.fileReadCorruptFile) }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements[name, default: 0] += 1
    }
}
