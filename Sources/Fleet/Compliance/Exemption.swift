/// Somebody answers for it that a rule does not hold, until a day.
public struct Exemption: Hashable, Sendable, Codable {
    /// Counts up within one database.
    public struct ID: RawRepresentable, Hashable, Sendable, Codable, Comparable {
        public let rawValue: Int64
        public init(rawValue: Int64) { self.rawValue = rawValue }
        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    public var node: NodeName
    /// Nil = every rule of the node.
    public var rule: RuleID?
    /// Nil = whatever the device.
    public var device: String?
    public var owner: String
    public var reason: String
    /// From then on it counts no longer.
    public var expiresAt: Timestamp

    public init(
        node: NodeName, rule: RuleID? = nil, device: String? = nil, owner: String, reason: String, expiresAt: Timestamp
    ) {
        self.node = node
        self.rule = rule
        self.device = device
        self.owner = owner
        self.reason = reason
        self.expiresAt = expiresAt
    }

    /// Somebody answers for it, and says why.
    public var isExplained: Bool { [owner, reason].allSatisfy { $0.contains { !$0.isWhitespace } } }

    public func covers(_ subject: RuleSubject, at time: Timestamp) -> Bool {
        time < expiresAt && node == subject.node && rule.map { $0 == subject.rule } ?? true
            && device.map { $0 == subject.device } ?? true
    }
}
