public import Fleet
public import Probe

/// What came of looking at one node once.
public struct Sighting: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// The probe's own words.
        case answered(StoredAnswer)
        /// The node could not be observed; the error says why.
        case failed(FleetError)
    }

    public var node: NodeName
    public var at: Timestamp
    public var outcome: Outcome

    public init(of node: NodeName, at time: Timestamp, answer: StoredAnswer) {
        self.node = node
        at = time
        outcome = .answered(answer)
    }

    public init(of node: NodeName, at time: Timestamp, answer raw: [UInt8]) {
        self.init(of: node, at: time, answer: StoredAnswer(raw: raw))
    }

    public init(of node: NodeName, at time: Timestamp, failed error: FleetError) {
        self.node = node
        at = time
        outcome = .failed(error)
    }
}

/// One answer of a node, byte for byte, under the digest of what is stable in it.
public struct StoredAnswer: Hashable, Sendable {
    public let raw: [UInt8]
    public let digest: ContentDigest

    public init(_ answer: ProbeAnswer) {
        raw = answer.raw
        digest = .sha256(answer.stableContent())
    }

    public init(raw: [UInt8]) { self.init(ProbeAnswer(raw)) }

    /// What it says, read by the present parser.
    public var facts: NodeFacts { ProbeParser.parse(raw) }

    init(raw: [UInt8], digest: ContentDigest) {
        self.raw = raw
        self.digest = digest
    }
}

/// From when to when a node gave the same answer.
public struct StoredObservation: Hashable, Sendable {
    public var node: NodeName
    /// The first answer of the run of equal ones; what is not stable in it (uptime, free memory) is from then.
    public var answer: StoredAnswer
    public var firstSeen: Timestamp
    public var lastSeen: Timestamp
    /// How many looks showed it.
    public var times: Int
}

/// From when to when a node could not be observed for the same reason.
public struct StoredFailure: Hashable, Sendable {
    public var node: NodeName
    public var error: FleetError
    public var firstSeen: Timestamp
    public var lastSeen: Timestamp
    public var times: Int
    /// It has not been observed since.
    public var isCurrent: Bool
}

/// One run of the probe over a set of nodes.
public struct SweepRecord: Hashable, Sendable {
    public var id: SweepID
    public var startedAt: Timestamp
    /// Nil = still running, or it was killed.
    public var endedAt: Timestamp?
    public var requested: Int
    public var observed: Int
    public var failed: Int
}

/// Counts up within one database.
public struct SweepID: RawRepresentable, Hashable, Sendable, Codable {
    public let rawValue: Int64
    public init(rawValue: Int64) { self.rawValue = rawValue }
}
