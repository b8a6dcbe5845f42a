import Fleet
import Probe

/// Holds the parser, and what decides by its facts, to promises that any answer must keep, however hostile.
///
/// That nothing traps, hangs or fills the memory is for whoever runs it to see.
public struct AnswerTrial {
    /// A promise that was broken.
    public struct Breach: Error, CustomStringConvertible {
        public var description: String
    }

    private let answer: [UInt8]
    private let facts: NodeFacts
    /// Chooses what is cut or made unreadable, the same for the same answer.
    private let choice: Int

    public init(_ answer: [UInt8]) {
        self.answer = answer
        facts = ProbeParser.parse(answer)
        // FNV-1a
        let hash = answer.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        choice = Int(hash >> 33)
    }

    public func check() throws {
        try readingIsStable()
        try lessIsNotTakenForFalse()
        for settings in PlannerTrial.settings { try PlannerTrial(facts, settings).check() }
        try nothingSteersTheTerminal()
        _ = FactsOutline(facts).changes(since: FactsOutline(NodeFacts()))
    }

    private func expect(_ isKept: Bool, _ promise: @autoclosure () -> String) throws {
        if !isKept { throw Breach(description: promise()) }
    }

    /// The same frames under another nonce are the same facts and the same stable content.
    private func readingIsStable() throws {
        guard let framed = FramedAnswer(answer) else { return }
        let other = framed.bytes(nonce: framed.freshNonce)
        try expect(ProbeParser.parse(other) == facts, "Facts differ when the same frames are read again.")
        try expect(
            ProbeParser.stableContent(of: other) == ProbeParser.stableContent(of: answer),
            "The stable content differs when the same frames are read again.")
        let names = Set(framed.frames.map { String(decoding: $0.name, as: UTF8.self) })
        try expect(Set(facts.evidence.parts) == names, "Parts were lost or made up: \(facts.evidence.parts) \(names)")
    }

    /// An answer that was cut, or of which a part could not be read, tells less, and nothing else.
    private func lessIsNotTakenForFalse() throws {
        guard var framed = FramedAnswer(answer), !framed.frames.isEmpty else { return }
        let whole = Knowledge(facts)
        let cut = Knowledge(ProbeParser.parse(Array(answer.prefix(choice % answer.count))))
        let told = cut.contradictions(of: whole)
        try expect(told.isEmpty, "Cut at \(choice % answer.count), the answer tells otherwise: \(told)")
        let place = choice % framed.frames.count
        framed.frames[place].content = []
        framed.frames[place].status = Array("unreadable".utf8)
        let blind = Knowledge(ProbeParser.parse(framed.bytes(nonce: framed.freshNonce)))
        let made = blind.contradictions(of: whole)
        let name = String(decoding: framed.frames[place].name, as: UTF8.self)
        try expect(made.isEmpty, "With “\(name)” unreadable, the answer tells otherwise: \(made)")
    }

    private func nothingSteersTheTerminal() throws {
        for text in words {
            let shown = text.printable
            try expect(
                !shown.unicodeScalars.contains(where: Self.steers), "\(shown.debugDescription) steers a terminal.")
            try expect(shown.printable == shown, "\(shown.debugDescription) is not printable as it is.")
        }
    }

    /// What a person may get to see of the facts.
    private var words: [String] {
        let diagnoses = facts.diagnoses.prefix(20).flatMap { [$0.part, $0.problem.detail] }
        let evidence = facts.evidence.parts.prefix(20).compactMap { facts.evidence[$0] }.flatMap {
            [$0.command, String($0.output.prefix(500))]
        }
        let outline = FactsOutline(facts).values.prefix(200).map { String($0.value.prefix(500)) }
        return diagnoses + evidence + outline
    }

    private static func steers(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
    }
}
