/// Who uses the web page and the API.
public struct UserName: Hashable, Sendable, Comparable, LosslessStringConvertible, Codable {
    public let description: String

    /// Letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 64 bytes.
    public init?(_ text: some StringProtocol) {
        guard let name = NodeName(text), text.utf8.count <= 64 else { return nil }
        description = name.description
    }

    public static func < (a: Self, b: Self) -> Bool { a.description < b.description }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

/// What a user may do. Each may do what those before it may.
public enum UserRole: String, Hashable, Sendable, Comparable, Codable, CaseIterable {
    /// Looks at everything, changes nothing.
    case viewer
    /// Pauses, resumes and aborts roll-outs, and asks for new ones.
    case `operator`
    /// Lets a roll-out that was asked for begin.
    case approver

    public static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
