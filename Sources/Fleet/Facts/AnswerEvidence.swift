/// The evidence of each part of a node's answer, by the probe's frame name (`cmdline`, `pci`, `pveversion`, …).
///
/// Put into words when asked for: an answer has dozens of parts, and few are ever quoted.
public struct AnswerEvidence: Sendable {
    /// Something that evidence can be read from, such as a node's answer.
    package protocol Source: Sendable {
        var parts: [String] { get }
        func evidence(of part: String) -> Evidence?
    }

    private let source: (any Source)?

    /// Nil = there was no answer.
    package init(_ source: (any Source)?) { self.source = source }

    /// The names of the parts, in no order.
    public var parts: [String] { source?.parts ?? [] }

    public var isEmpty: Bool { parts.isEmpty }

    /// Nil when the answer had no such part.
    public subscript(part: String) -> Evidence? { source?.evidence(of: part) }
}

extension AnswerEvidence: Equatable {
    public static func == (a: Self, b: Self) -> Bool {
        Set(a.parts) == Set(b.parts) && a.parts.allSatisfy { a[$0] == b[$0] }
    }
}
