/// What is asked of every node again and again: the links of the proof chain, and that the node can be looked at at all.
public enum RuleID: Hashable, Sendable {
    case observed
    case check(CheckID)

    public static let all = [observed] + CheckID.allCases.map(check)

    /// How bad it is that the rule does not hold.
    public enum Severity: Int, Hashable, Sendable, Comparable, CaseIterable {
        case low, medium, high

        public var word: String {
            switch self {
            case .low: "low"
            case .medium: "medium"
            case .high: "high"
            }
        }

        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    public var severity: Severity {
        switch self {
        // The device is not what a guest needs, or takes what the host needs with it.
        case .check(.present), .check(.driver), .check(.group), .check(.iommu): .high
        // It holds now, and will not after the next boot, or the guest's next start.
        case .check(.files), .check(.initramfs), .check(.bootConfiguration), .check(.guestConfiguration): .medium
        case .observed: .medium
        // Seen to be otherwise, though what it is for may hold.
        case .check(.kernelCommandLine), .check(.guestProcess): .low
        }
    }
}

extension RuleID: LosslessStringConvertible, Codable {
    public var description: String {
        switch self {
        case .observed: "observed"
        case .check(let check): check.rawValue
        }
    }

    public init?(_ text: String) {
        if text == "observed" {
            self = .observed
        } else if let check = CheckID(rawValue: text) {
            self = .check(check)
        } else {
            return nil
        }
    }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

/// One rule on one node, for one device where it is about one.
public struct RuleSubject: Hashable, Sendable, Codable, Comparable {
    public var node: NodeName
    public var rule: RuleID
    /// As in `CheckResult`; nil = the node as a whole.
    public var device: String?

    public init(node: NodeName, rule: RuleID, device: String? = nil) {
        self.node = node
        self.rule = rule
        self.device = device
    }

    public static func < (a: Self, b: Self) -> Bool {
        (a.node, a.rule.place, a.device ?? "") < (b.node, b.rule.place, b.device ?? "")
    }
}

extension RuleID {
    /// In the order in which each rests on the one before.
    fileprivate var place: Int { Self.all.firstIndex(of: self) ?? 0 }
}
