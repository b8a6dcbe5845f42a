internal import Fleet
internal import Store

/// `compliance --json`: an entry for each rule.
struct ComplianceEntry: Encodable {
    struct Exempt: Encodable {
        var id: Int64
        var owner: String
        var reason: String
        var until: String
    }

    var playbook: String
    var node: String
    var rule: String
    var device: String?
    var severity: String
    var status: CheckResult.Status
    var message: String
    var evidence: [Evidence]
    var since: String
    var lastSeen: String
    var isCurrent: Bool
    /// Why it holds no longer.
    var drift: Drift?
    /// Somebody answers for it that the rule does not hold.
    var exemption: Exempt?

    init(_ standing: RuleStanding, _ exemption: StoredExemption?) {
        let (subject, state) = (standing.subject, standing.state)
        playbook = standing.playbook
        node = subject.node.description
        rule = subject.rule.description
        device = subject.device
        severity = subject.rule.severity.word
        status = state.status
        message = state.message
        evidence = state.evidence
        since = standing.firstSeen.iso8601
        lastSeen = standing.lastSeen.iso8601
        isCurrent = standing.isCurrent
        drift = standing.drift
        self.exemption = exemption.map {
            Exempt(
                id: $0.id.rawValue, owner: $0.exemption.owner, reason: $0.exemption.reason,
                until: $0.exemption.expiresAt.iso8601)
        }
    }
}

extension [ComplianceEntry] {
    /// What is known to be wrong counts before what could not be told.
    var outcome: Outcome {
        let counting = filter { $0.exemption == nil }
        if counting.contains(where: { $0.status == .fail }) { return .attention }
        return isEmpty || counting.contains { $0.status == .unknown } ? .failed : .good
    }
}

extension ComplianceEntry {
    /// It stands as it should, or somebody answers for it that it does not.
    var isInOrder: Bool { status == .pass || exemption != nil }

    /// `driver 0000:01:00.0`
    var name: String { [rule, device].compactMap(\.self).joined(separator: " ") }

    var word: String {
        switch status {
        case .pass: "holds"
        case .fail: exemption == nil ? "FAILS" : "exempt"
        case .unknown: exemption == nil ? "unknown" : "exempt"
        }
    }

    var style: Style {
        if status == .pass { return .good }
        if exemption != nil { return .dim }
        return status == .fail ? .bad : .warning
    }

    /// `exempt until 2027-03-01T00:00:00Z for eve: card on loan`
    var exemptPhrase: String? { exemption.map { "exempt until \($0.until) for \($0.owner): \($0.reason)" } }
}
