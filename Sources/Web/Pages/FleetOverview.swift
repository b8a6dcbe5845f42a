internal import Engine
internal import Fleet
internal import Forms
internal import Store

/// How a node stands, as far as one look tells.
enum NodeHealth: String, CaseIterable, Sendable {
    /// A rule of high severity does not hold.
    case bad
    /// Other rules do not hold.
    case attention
    /// It can't be looked at, or a rule can't be told.
    case unknown
    /// The last look is too long ago: see `Freshness`.
    case stale
    /// It was never verified by schedule.
    case unverified
    /// Everything asked holds, or somebody answers for it.
    case good

    /// Those of the command line.
    var words: String {
        switch self {
        case .bad, .attention: "not as asked"
        case .unknown: "not fully known"
        case .stale: "not looked at lately"
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
        case .stale: "~"
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
        /// The last look, where that is too long ago to tell how the node stands now.
        var staleSince: Timestamp?
    }

    var nodes: [Member]
    /// Schedules that should have run, were broken off, or could not look.
    var warnings: [ScheduleDocument]

    static func read(_ store: Store, at now: Timestamp) async throws(FleetError) -> FleetOverview {
        let exemptions = try await store.exemptions(countingAt: now)
        let troubles = Dictionary(
            grouping: try await store.troubles(since: now).filter { $0.to == nil }, by: \.subject.node)
        let verified = Dictionary(grouping: try await store.verifications(), by: \.node)
        let (failures, answers) = (try await store.currentFailures(), try await store.currentAnswers())
        let (inventory, schedules) = (try await store.nodes(), try await store.schedules())
        let freshness = Freshness(schedules, inventory, at: now)
        let nodes = inventory.map { node in
            let own = (troubles[node.name] ?? []).map { span in
                Trouble(span: span, isExempt: exemptions.contains { $0.covers(span.subject, at: now) })
            }
            let looks = verified[node.name] ?? []
            var member = Member(
                node: node, health: .good, troubles: own, failure: failures[node.name],
                lastSeen: answers[node.name]?.lastSeen, verifiedAt: looks.compactMap(\.observedAt).max(),
                staleSince: freshness.staleSince(node.name, looks))
            member.health = health(of: member)
            return member
        }
        let warnings = try await ScheduleDocument.all(in: store, at: now).filter(\.isWarning)
        return FleetOverview(nodes: nodes, warnings: warnings)
    }

    private static func health(of member: Member) -> NodeHealth {
        let counting = member.troubles.filter { !$0.isExempt }.map(\.span)
        let failing = counting.filter { $0.status == .fail }.map(\.subject.rule.severity)
        if failing.contains(.high) { return .bad }
        if !failing.isEmpty { return .attention }
        if member.failure != nil || !counting.isEmpty { return .unknown }
        if member.verifiedAt == nil { return .unverified }
        return member.staleSince == nil ? .good : .stale
    }

    func count(_ health: NodeHealth) -> Int { nodes.count { $0.health == health } }
}

extension ScheduleDocument {
    fileprivate var isWarning: Bool { run == .brokenOff || lateSince != nil || outcome?.error != nil }
}
