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

    /// Part of the promises, another part for another answer: many answers tried are worth more than each tried wholly.
    public func check() throws {
        try readingIsStable()
        try otherAnswersDoNotMatter()
        try lessIsNotTakenForFalse()
        try PlannerTrial(facts, PlannerTrial.settings[choice % PlannerTrial.settings.count]).check()
        try nothingSteersTheTerminal()
    }

    private func expect(_ isKept: Bool, _ promise: @autoclosure () -> String) throws {
        if !isKept { throw Breach(description: promise()) }
    }

    /// One for all answers that are tried.
    private static let reader = AnswerReader()

    /// A reader that remembers other answers reads this one as if it were the first.
    private func otherAnswersDoNotMatter() throws {
        let answer = ProbeAnswer(answer)
        for _ in 0..<2 {
            try expect(Self.reader.facts(of: answer) == facts, "Having read other answers changes what this one says.")
        }
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
        guard let framed = FramedAnswer(answer), !framed.frames.isEmpty else { return }
        guard choice / 2 % 2 == 0 else { return try expectLess(without: choice % framed.frames.count, in: framed) }
        let length = choice % answer.count
        try expectLess(of: Array(answer.prefix(length)), "Cut at \(length)")
    }

    /// The same for each part in turn.
    public func checkWithoutEachPart() throws {
        guard let framed = FramedAnswer(answer) else { throw Breach(description: "The answer is not framed well.") }
        for place in framed.frames.indices { try expectLess(without: place, in: framed) }
    }

    private func expectLess(without place: Int, in framed: FramedAnswer) throws {
        var framed = framed
        let name = String(decoding: framed.frames[place].name, as: UTF8.self)
        framed.frames[place].content = []
        framed.frames[place].status = Array("unreadable".utf8)
        try expectLess(of: framed.bytes(nonce: framed.freshNonce), "With “\(name)” unreadable")
    }

    private func expectLess(of part: [UInt8], _ words: String) throws {
        let lies = Knowledge(ProbeParser.parse(part)).contradictions(of: Knowledge(facts))
        try expect(lies.isEmpty, "\(words), the answer tells otherwise: \(lies)")
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
