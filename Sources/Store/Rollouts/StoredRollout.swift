public import Fleet

/// A roll-out with what is known about it besides its state.
public struct StoredRollout: Sendable, Equatable, Codable {
    public var rollout: Rollout
    /// The number of its last journalled event; 0 = none yet.
    public var lastEvent: Int
    public var createdAt: Timestamp
    public var createdBy: String
    public var updatedAt: Timestamp
    /// Of who drives it, or drove it and did not give it back; nil = nobody.
    public var lease: Lease?

    public init(
        rollout: Rollout, lastEvent: Int, createdAt: Timestamp, createdBy: String, updatedAt: Timestamp,
        lease: Lease? = nil
    ) {
        self.rollout = rollout
        self.lastEvent = lastEvent
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
        self.lease = lease
    }
}

/// One line of a roll-out's journal.
public struct JournalEntry: Hashable, Sendable, Codable {
    /// Counts from 1, without gaps.
    public var number: Int
    /// The number of the lease under which it was written: a change shows that another driver took over.
    public var fencing: UInt64
    public var event: RolloutEvent
}

/// A right to act that runs out unless it is renewed.
public struct Lease: Hashable, Sendable, Codable {
    /// What it is for: `rollout/ID`.
    public var name: String
    /// Who has it, for a person: `alice@controller pid 4711`.
    public var holder: String
    /// Higher than that of every lease before it in this database.
    public var number: UInt64
    public var takenAt: Timestamp
    public var expiresAt: Timestamp

    public init(name: String, holder: String, number: UInt64, takenAt: Timestamp, expiresAt: Timestamp) {
        self.name = name
        self.holder = holder
        self.number = number
        self.takenAt = takenAt
        self.expiresAt = expiresAt
    }

    /// The lease a roll-out's driver needs.
    public static func name(for rollout: RolloutID) -> String { "rollout/\(rollout)" }

    /// What the nodes know this lease by.
    public func token(for rollout: RolloutID) -> FencingToken { FencingToken(number: number, rollout: rollout) }
}
