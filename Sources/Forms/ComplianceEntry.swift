package import Fleet
package import Store

/// `compliance --json`: an entry for each rule.
package struct ComplianceEntry: Encodable {
    package struct Exempt: Encodable {
        package var id: Int64
        package var owner: String
        package var reason: String
        package var until: String
    }

    package var playbook: String
    package var node: String
    package var rule: String
    package var device: String?
    package var severity: String
    package var status: CheckResult.Status
    package var message: String
    package var evidence: [Evidence]
    /// Since when it has this status.
    package var since: String
    /// Since when it says so: why it fails may become another, and what it names may change.
    package var messageSince: String
    package var lastSeen: String
    package var isCurrent: Bool
    /// The last look at the node, where that is too long ago, or the last attempt failed: how the rule stands now is not known.
    package var notSeenSince: String?
    /// Why it holds no longer.
    package var drift: Drift?
    /// Somebody answers for it that the rule does not hold.
    package var exemption: Exempt?

    package init(_ standing: RuleStanding, _ exemption: StoredExemption?, unseenSince: Timestamp? = nil) {
        let (subject, state) = (standing.subject, standing.state)
        playbook = standing.playbook
        node = subject.node.description
        rule = subject.rule.description
        device = subject.device
        severity = subject.rule.severity.word
        status = state.status
        message = state.message
        evidence = state.evidence
        since = standing.statusSince.iso8601
        messageSince = standing.firstSeen.iso8601
        lastSeen = standing.lastSeen.iso8601
        isCurrent = standing.isCurrent
        notSeenSince = standing.isCurrent ? unseenSince?.iso8601 : nil
        drift = standing.drift
        self.exemption = exemption.map {
            Exempt(
                id: $0.id.rawValue, owner: $0.exemption.owner, reason: $0.exemption.reason,
                until: $0.exemption.expiresAt.iso8601)
        }
    }
}

extension ComplianceEntry {
    /// Of these rules at this moment, in their order.
    package static func entries(
        _ standings: [RuleStanding], in store: Store, at now: Timestamp
    ) async throws(FleetError) -> [ComplianceEntry] {
        let exemptions = try await store.exemptions(countingAt: now)
        let looks = try await LastLooks.read(store, at: now)
        return standings.map { standing in
            ComplianceEntry(
                standing, exemptions.last { $0.covers(standing.subject, at: now) },
                unseenSince: looks.unseenSince(standing.subject.node, under: standing.playbook))
        }
    }

    /// It held at a look that tells nothing of now.
    package var isStale: Bool { status == .pass && notSeenSince != nil }

    /// What was seen, and that it was seen too long ago.
    package var statement: String {
        notSeenSince.map { "(not looked at since \($0)) \(message)" } ?? message
    }

    /// `driver 0000:01:00.0`
    package var name: String { [rule, device].compactMap(\.self).joined(separator: " ") }

    package var word: String {
        switch status {
        case .pass: isStale ? "held" : "holds"
        case .fail: exemption == nil ? "FAILS" : "exempt"
        case .unknown: exemption == nil ? "unknown" : "exempt"
        }
    }

    package var style: Style {
        if status == .pass { return isStale ? .warning : .good }
        if exemption != nil { return .dim }
        return status == .fail ? .bad : .warning
    }

    /// `exempt until 2027-03-01T00:00:00Z for eve: card on loan`
    package var exemptPhrase: String? { exemption.map { "exempt until \($0.until) for \($0.owner): \($0.reason)" } }
}
