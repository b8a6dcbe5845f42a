/// One thing explained to someone who reads about it for the first time.
public struct Explanation: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable {
        /// Something of the machine or of Proxmox.
        case fact
        /// A link of the proof chain.
        case check
        /// A reason a plan gives.
        case reason
        /// What speaks for trouble at the next boot.
        case risk
        /// Something left on a node.
        case finding
    }

    /// The word to ask for it by: `iommu-group`.
    public var topic: String
    public var kind: Kind
    /// What it is.
    public var what: String
    /// Why it matters to passthrough, or what to do about it.
    public var why: String
    /// What to type on the node to see it; nil where there is nothing to see.
    public var command: String?

    init(_ topic: String, _ kind: Kind, _ what: String, why: String, see command: String? = nil) {
        self.topic = topic
        self.kind = kind
        self.what = what
        self.why = why
        self.command = command
    }
}

/// Everything `explain` knows.
public enum Explanations {
    /// Facts first, in reading order, then checks in the order of the proof chain, reasons by name, then risks and
    /// findings.
    public static let all: [Explanation] =
        facts + RuleID.all.map(\.explanation)
        + PlanReason.allCases.map(\.explanation).sorted { $0.topic < $1.topic }
        + RiskCode.allCases.map(\.explanation) + FindingCode.allCases.map(\.explanation)

    /// What is meant by a word: case, blanks and underscores do not count. A fact comes before a check of that name.
    public static func find(_ word: String) -> [Explanation] {
        let topic = word.asciiLowercased.map { $0 == " " || $0 == "_" ? "-" : String($0) }.joined()
        return all.filter { $0.topic == topic }
    }

    /// The topic nearest to a word that is none.
    public static func nearestTopic(to word: String) -> String? { nearest(to: word, in: all.map(\.topic)) }
}
