/// A plan that was made by itself, to put right what somebody changed.
public struct Proposal: Hashable, Sendable {
    /// Counts up within one database.
    public struct ID: RawRepresentable, Hashable, Sendable, Comparable {
        public let rawValue: Int64
        public init(rawValue: Int64) { self.rawValue = rawValue }
        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    public enum State: Hashable, Sendable {
        /// Somebody may approve it.
        case open
        /// It became a roll-out.
        case begun(RolloutID)
        case rejected(by: String)
        /// A later one is about one of its nodes.
        case superseded(by: ID)
    }

    public var id: ID
    public var plan: ContentDigest
    public var playbook: String
    public var schedule: String
    public var mode: Remediation.Mode
    public var proposedAt: Timestamp
    /// Those that the plan changes.
    public var nodes: [NodeName]
    public var state: State

    public init(
        id: ID, plan: ContentDigest, playbook: String, schedule: String, mode: Remediation.Mode, proposedAt: Timestamp,
        nodes: [NodeName], state: State
    ) {
        self.id = id
        self.plan = plan
        self.playbook = playbook
        self.schedule = schedule
        self.mode = mode
        self.proposedAt = proposedAt
        self.nodes = nodes
        self.state = state
    }
}
