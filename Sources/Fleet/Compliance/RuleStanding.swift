/// How a rule stands.
public struct RuleState: Hashable, Sendable, Codable {
    public var status: CheckResult.Status
    public var message: String
    public var evidence: [Evidence]

    public init(_ status: CheckResult.Status, _ message: String, evidence: [Evidence] = []) {
        self.status = status
        self.message = message
        self.evidence = evidence
    }

    /// The same to a reader: evidence may name times and counters.
    func saysTheSame(as other: RuleState) -> Bool { status == other.status && message == other.message }
}

/// What one look at a node said of all its rules.
public struct NodeRules: Hashable, Sendable {
    public var node: NodeName
    /// What was asked of it: another digest, and the playbook has changed for this node.
    public var settings: ContentDigest
    /// False = the node could not be looked at, and nothing is said of other rules than that.
    public var isObserved: Bool
    public var states: [RuleSubject: RuleState]

    /// - Parameter failure: why the node could not be looked at.
    public init(_ compliance: NodeCompliance, failure: FleetError?, settings: ContentDigest) {
        node = compliance.node
        self.settings = settings
        isObserved = failure == nil
        let seen =
            failure.map { RuleState(.unknown, "\($0.message) [\($0.code)]") }
            ?? RuleState(.pass, "The node was looked at.")
        states = [RuleSubject(node: node, rule: .observed): seen]
        guard failure == nil else { return }
        for check in compliance.checks {
            let subject = RuleSubject(node: node, rule: .check(check.id), device: check.device)
            let state = RuleState(check.status, check.message, evidence: check.evidence)
            states[subject] = states[subject].map { $0.joined(with: state) } ?? state
        }
    }
}

extension RuleState {
    /// Of two results for one subject the worse one counts.
    fileprivate func joined(with other: RuleState) -> RuleState {
        let worst =
            [CheckResult.Status.fail, .unknown, .pass].first { [status, other.status].contains($0) } ?? .unknown
        return RuleState(worst, "\(message) \(other.message)", evidence: evidence + other.evidence)
    }
}

/// How a rule stood from when to when.
public struct RuleStanding: Hashable, Sendable {
    public var playbook: String
    public var subject: RuleSubject
    public var state: RuleState
    public var settings: ContentDigest
    /// When it first stood exactly so.
    public var firstSeen: Timestamp
    /// Since when it has this status, whatever it said meanwhile.
    public var statusSince: Timestamp
    /// The last look that showed it.
    public var lastSeen: Timestamp
    /// It still stands so, as far as is known.
    public var isCurrent: Bool
    /// Why it holds no longer; nil where it holds, or never did.
    public var drift: Drift?

    public init(
        playbook: String, subject: RuleSubject, state: RuleState, settings: ContentDigest, firstSeen: Timestamp,
        statusSince: Timestamp? = nil, lastSeen: Timestamp, isCurrent: Bool, drift: Drift? = nil
    ) {
        self.playbook = playbook
        self.subject = subject
        self.state = state
        self.settings = settings
        self.firstSeen = firstSeen
        self.statusSince = statusSince ?? firstSeen
        self.lastSeen = lastSeen
        self.isCurrent = isCurrent
        self.drift = drift
    }
}

/// Why a node drifted from what is asked of it.
public enum Drift: String, Hashable, Sendable, Codable {
    /// The same is asked as before: somebody or something changed the node.
    case corrective
    /// Something else is asked than before: the playbook, or the node's place in it, was changed.
    case intentional
}

/// A rule that stands otherwise than at the look before.
public struct RuleChange: Hashable, Sendable, Codable {
    public var subject: RuleSubject
    /// Nil = the rule was not asked before.
    public var before: RuleState?
    /// Nil = it is not asked any more.
    public var after: RuleState?
    /// Only where it holds no longer.
    public var drift: Drift?

    public init(subject: RuleSubject, before: RuleState?, after: RuleState?, drift: Drift? = nil) {
        self.subject = subject
        self.before = before
        self.after = after
        self.drift = drift
    }

    /// A person may want to know: something broke, broke otherwise, or holds again. That a rule holds which was never asked
    /// before is no news, nor that one is not asked any more.
    public var isNews: Bool {
        guard let after else { return false }
        return after.status != .pass || before.map { $0.status != .pass } ?? false
    }
}

extension NodeRules {
    /// What stands otherwise than in `standing`, which is what is current of this node under one playbook.
    ///
    /// A node that could not be looked at says nothing of its other rules: they stand as they stood.
    public func changes(from standing: [RuleStanding]) -> [RuleChange] {
        let before = Dictionary(standing.map { ($0.subject, $0) }, uniquingKeysWith: { first, _ in first })
        var changes = states.compactMap { subject, state -> RuleChange? in
            let known = before[subject]
            if let known, known.state.saysTheSame(as: state) { return nil }
            return RuleChange(
                subject: subject, before: known?.state, after: state,
                drift: known.flatMap { drift(from: $0, to: state) })
        }
        if isObserved {
            changes += before.values.filter { states[$0.subject] == nil }
                .map { RuleChange(subject: $0.subject, before: $0.state, after: nil) }
        }
        return changes.sorted { $0.subject < $1.subject }
    }

    private func drift(from known: RuleStanding, to state: RuleState) -> Drift? {
        guard state.status == .fail else { return nil }
        // What was wrong before and is wrong in another way now has the cause that it had.
        guard known.state.status == .pass else { return known.drift }
        return known.settings == settings ? .corrective : .intentional
    }
}
