/// What people are told in one message: what stands otherwise than before under one playbook, or a sentence.
public struct Alert: Hashable, Sendable, Codable {
    /// The playbook that was verified; nil = it is about none.
    public var playbook: String?
    public var at: Timestamp
    /// At most `Alert.most`.
    public var items: [AlertItem]
    /// How many items were left out, so that a fleet that breaks as a whole still fits into a message.
    public var leftOut: Int
    /// What there is to say beside the items; nil = nothing.
    public var notice: String?

    public static let most = 200

    public init(playbook: String?, at time: Timestamp, items: [AlertItem] = [], notice: String? = nil) {
        self.playbook = playbook
        at = time
        self.items = Array(items.prefix(Self.most))
        leftOut = max(0, items.count - Self.most)
        self.notice = notice
    }
}

/// One thing that stands otherwise than before.
public struct AlertItem: Hashable, Sendable, Codable {
    public enum Event: String, Hashable, Sendable, Codable, CaseIterable {
        /// A rule does not hold, and before it held or was not looked at.
        case fails
        /// A rule can't be told any more.
        case unknown
        /// A node can't be looked at.
        case unobservable
        /// A rule holds again, or a node can be looked at again.
        case resolved
        /// A rule does not hold, and nobody answers for that any more.
        case exemptionExpired = "exemption-expired"
        /// A plan waits for somebody to approve it.
        case proposed
        /// A roll-out that was begun by itself has ended, or could not begin.
        case remediated
    }

    public var event: Event
    public var subject: RuleSubject
    public var severity: RuleID.Severity
    /// As a person reads it: `holds no longer (the node was changed)`.
    public var verdict: String
    public var message: String
    public var drift: Drift?

    public init(_ event: Event, _ subject: RuleSubject, verdict: String, message: String, drift: Drift? = nil) {
        self.event = event
        self.subject = subject
        severity = subject.rule.severity
        self.verdict = verdict
        self.message = message
        self.drift = drift
    }

    /// Nil where the change is no news to anybody: what did not hold before does not hold in another way.
    public init?(_ change: RuleChange) {
        guard let after = change.after, let event = Self.event(change.subject.rule, change.before?.status, after.status)
        else { return nil }
        self.init(event, change.subject, verdict: change.verdict, message: after.message, drift: change.drift)
    }

    private static func event(
        _ rule: RuleID, _ before: CheckResult.Status?, _ after: CheckResult.Status
    ) -> Event? {
        switch (before, after) {
        case (.fail, .pass), (.unknown, .pass): .resolved
        case (nil, .fail), (.pass, .fail), (.unknown, .fail): .fails
        case (nil, .unknown), (.pass, .unknown): rule == .observed ? .unobservable : .unknown
        default: nil
        }
    }
}

extension RuleChange {
    /// What became of the rule, for a sentence: `holds again`.
    public var verdict: String {
        switch after?.status {
        case .pass: "holds again"
        case .unknown: "can't be told"
        case nil: "is not asked any more"
        case .fail:
            switch drift {
            case .corrective: "holds no longer (the node was changed)"
            case .intentional: "does not hold yet (the playbook was changed)"
            case nil: "does not hold"
            }
        }
    }
}

extension RuleID.Severity: Codable, LosslessStringConvertible {
    public var description: String { word }
    public init?(_ text: String) {
        guard let severity = Self.allCases.first(where: { $0.word == text }) else { return nil }
        self = severity
    }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try word.encode(to: encoder) }
}
