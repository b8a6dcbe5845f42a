import Fleet
import Foundation
import FoundationXML
import Store
import TestSupport
import Testing

@testable import Commands
@testable import Forms

@Suite struct GPUPageTests {
    private static let hostile = "\"><script>alert(1)</script>&'\u{1B}[2J"

    private static func function(
        _ address: String, _ code: String, group: Int?, parent: String? = nil, bridge: Bool = false
    ) throws -> PCIFunction {
        PCIFunction(
            address: try #require(PCIAddress(address)), id: PCIID(vendor: 0x1234, device: 1),
            class: try #require(PCIClass(code)), name: hostile, group: group,
            parent: try parent.map { try #require(PCIAddress($0)) }, hasSecondaryBus: bridge)
    }

    private static func facts(functions count: Int = 0) throws -> NodeFacts {
        var facts = NodeFacts()
        let others = try (0..<count).map { number in
            try function("02:\(String(16 + number / 8, radix: 16)).\(number % 8)", "088000", group: 40 + number)
        }
        facts.functions = .known(
            [
                try function("00:01.0", "060400", group: 1, bridge: true),
                try function("01:00.0", "030000", group: 1, parent: "00:01.0"),
                try function("01:00.1", "040300", group: 1, parent: "00:01.0"),
                try function("00:1f.6", "020000", group: 1),
            ] + others)
        facts.kernelRelease = .known(hostile)
        facts.hostUses = .known([])
        return facts
    }

    private static func page(_ facts: NodeFacts) throws -> String {
        let node = try #require(NodeName("pve1"))
        let cards = GPUReport.cards(of: node, facts, judged: true)
        var survey = GPUSurvey()
        survey.hosts = [
            .init(node: node, seen: Timestamp(milliseconds: 0), answer: .sha256([]), cards: cards, facts: facts)
        ]
        let changes = GPUChange.changes(from: cards, to: []).map {
            GPUHistoryEntry($0, at: Timestamp(milliseconds: 1000), since: Timestamp(milliseconds: 0))
        }
        return GPUPage(survey: survey, changes: changes, now: Timestamp(milliseconds: 2000)).render()
    }

    /// What stands between the marks, as XML.
    private static func picture(_ page: String) throws -> XMLElements {
        let start = try #require(page.range(of: "<svg "))
        let end = try #require(page.range(of: "</svg>"))
        return XMLElements(String(page[start.lowerBound..<end.upperBound]))
    }

    @Test func nothingANodeSaidBecomesMarkup() throws {
        let page = try Self.page(try Self.facts())
        #expect(!page.contains("<script") && !page.contains("\u{1B}") && !page.contains("javascript:"))
        #expect(page.contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;\\e[2J"))
        #expect(!page.contains("http://") && !page.contains("https://"), "it needs no network")
        #expect(page.contains("What changed") && page.contains(">vanished<"))
        #expect(page.contains("1 shared"))
    }

    @Test func thePictureIsWellFormedAndShowsEveryFunction() throws {
        let picture = try Self.picture(try Self.page(try Self.facts()))
        #expect(picture.error == nil)
        #expect(picture.texts.filter { ["00:01.0", "01:00.0", "01:00.1", "00:1f.6"].contains($0) }.count == 4)
        // One bar joins the four members of the group; two branches lead from the bridge to the card.
        #expect(picture.classes.filter { $0.hasPrefix("bar") } == ["bar bad"])
        #expect(picture.classes.filter { $0 == "branch" }.count == 2)
        #expect(picture.classes.filter { $0 == "card" }.count == 2)
    }

    @Test func largeHostsAreFolded() throws {
        let picture = try Self.picture(try Self.page(try Self.facts(functions: 100)))
        #expect(picture.error == nil)
        #expect(picture.texts.contains("+ 100 more") && picture.texts.contains("00:1f.6"))
    }

    @Test func barsOfGroupsThatOverlapStandBesideEachOther() {
        let lanes = GroupLanes([1, 2, 1, 2, 3, nil, 3, 4])
        #expect(lanes.count == 2)
        #expect(lanes.bars.map(\.group) == [1, 2, 3] && lanes.bars.map(\.lane) == [0, 1, 0])
        #expect(lanes.bars.map(\.rows) == [[0, 2], [1, 3], [4, 6]])
    }

    @Test func csvHasAColumnForEachField() throws {
        let node = try #require(NodeName("pve1"))
        let csv = GPUTable.csv(GPUReport.cards(of: node, try Self.facts()))
        let lines = csv.components(separatedBy: "\r\n")
        #expect(lines.count == 3 && lines[2].isEmpty)
        #expect(lines[0].hasPrefix("node,address,id,") && lines[0].split(separator: ",").count == 28)
        #expect(!csv.contains("\u{1B}"))
    }
}

/// Elements of an XML text, by a real parser.
private final class XMLElements: NSObject, XMLParserDelegate {
    var classes: [String] = []
    var texts: [String] = []
    var error: (any Error)?
    private var text = ""

    init(_ xml: String) {
        super.init()
        let parser = XMLParser(data: Data(xml.utf8))
        parser.delegate = self
        if !parser.parse() { error = parser.parserError ?? CocoaError(.fileReadCorruptFile) }
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        if let name = attributes["class"]?.trimmingCharacters(in: .whitespaces) { classes.append(name) }
        text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters characters: String) { text += characters }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if name == "text" { texts.append(text) }
    }
}
