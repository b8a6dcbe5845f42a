/// One roll-out. Made outside the domain (time-ordered, unique); here only its form is known.
public struct RolloutID: Hashable, Sendable, Comparable, LosslessStringConvertible, Codable {
    public let description: String

    /// Letters, digits and `-`, at most 64 bytes: safe in file names and shell words.
    public init?(_ text: some StringProtocol) {
        guard (1...64).contains(text.utf8.count),
            text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }), text.first != "-"
        else { return nil }
        description = String(text)
    }

    public static func < (a: Self, b: Self) -> Bool { a.description < b.description }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

/// Who may change a node now: a number that only grows, with the roll-out it was given to.
/// The node itself refuses a lower number than the highest it has seen.
public struct FencingToken: Hashable, Sendable, Codable {
    public var number: UInt64
    public var rollout: RolloutID

    public init(number: UInt64, rollout: RolloutID) {
        self.number = number
        self.rollout = rollout
    }
}
