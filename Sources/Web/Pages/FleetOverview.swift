internal import Fleet
internal import Store

/// How a node stands, as far as one look tells.
enum NodeHealth: String, CaseIterable, Sendable {
    /// A rule of high severity does not hold.
    case bad
    /// Other rules do not hold.
    case attention
    /// It can't be looked at, or a rule can't be told.
    case unknown
    /// It was never verified by schedule.
    case unverified
    /// Everything asked holds, or somebody answers for it.
    case good

    var words: String {
        switch self {
        case .bad: "not as asked"
        case .attention: "needs a look"
        case .unknown: "can't be told"
        case .unverified: "not verified yet"
        case .good: "as asked"
        }
    }

    /// Tells them apart without colours.
    var sign: String {
        switch self {
        case .bad: "✕"
        case .attention: "!"
        case .unknown: "?"
        case .unverified: "–"
        case .good: "✓"
        }
    }
}

/// The fleet at one moment.
struct FleetOverview: Sendable {
    struct Trouble: Sendable {
        var span: RuleSpan
        var isExempt: Bool
    }

    struct Member: Sendable {
        var node: Node
        var health: NodeHealth
        /// What does not hold now, also where somebody answers for it.
        var troubles: [Trouble]
        /// Why it could not be looked at the last time.
        var failure: StoredFailure?
        var lastSeen: Timestamp?
        var verifiedAt: Timestamp?
    }

    var nodes: [Member]

    static func read(_ store: Store, at now: Timestamp) async throws(FleetError) -> FleetOverview {
        let exemptions = try await store.exemptions(countingAt: now)
        let troubles = Dictionary(
            grouping: try await store.troubles(since: now).filter { $0.to == nil }, by: \.subject.node)
        let verified = Dictionary(grouping: try await store.verifications(), by: \.node)
        let (failures, answers) = (try await store.currentFailures(), try await store.currentAnswers())
        let nodes = try await store.nodes().map { node in
            let own = (troubles[node.name] ?? []).map { span in
                Trouble(span: span, isExempt: exemptions.contains { $0.covers(span.subject, at: now) })
            }
            let looks = verified[node.name] ?? []
            return Member(
                node: node, health: health(own, failures[node.name], isVerified: !looks.isEmpty), troubles: own,
                failure: failures[node.name], lastSeen: answers[node.name]?.lastSeen,
                verifiedAt: looks.compactMap(\.observedAt).max())
        }
        return FleetOverview(nodes: nodes)
    }

    private static func health(_ troubles: [Trouble], _ failure: StoredFailure?, isVerified: Bool) -> NodeHealth {
        let counting = troubles.filter { !$0.isExempt }.map(\.span)
        let failing = counting.filter { $0.status == .fail }.map(\.subject.rule.severity)
        if failing.contains(.high) { return .bad }
        if !failing.isEmpty { return .attention }
        if failure != nil || !counting.isEmpty { return .unknown }
        return isVerified ? .good : .unverified
    }

    func count(_ health: NodeHealth) -> Int { nodes.count { $0.health == health } }
}
