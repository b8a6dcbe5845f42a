/// A roll-out of one plan: a pure state machine. Events go in, effects come out; it never traps, because a row written
/// by an older version may reach it.
///
/// Which event is taken in which phase; all others are rejected and change nothing:
///
///     event     | ready | running | pausing | waiting | draining | suspended | stopping | ended
///     override  | yes   |         |         |         |          |           |          |
///     owed      | yes   |         |         |         |          |           |          |
///     start     | yes   |         |         |         |          |           |          |
///     resume    | yes   | yes     | yes     | yes     | yes      | yes       | yes      |
///     finished  |       | yes     |         |         | yes      |           | yes      |
///     tick      |       |         | yes     | yes     |          |           |          |
///     suspend   |       | yes     | yes     | yes     |          |           |          |
///     abort     | yes   | yes     | yes     | yes     | yes      | yes       |          |
///     skip      | yes   | yes     | yes     | yes     | yes      | yes       | yes      |
///     retry     | yes   | yes     | yes     | yes     | yes      | yes       |          |
///     refused   | yes   | yes     | yes     | yes     | yes      | yes       | yes      |
///     elsewhere | yes   | yes     | yes     | yes     | yes      | yes       | yes      |
public struct Rollout: Sendable {
    public let id: RolloutID
    /// The digest of the plan it carries out.
    public let plan: ContentDigest
    public let settings: RolloutSettings
    /// The clocks that the settings' maintenance windows go by.
    public let zones: [ZoneOffsets]
    /// What is known of its nodes before one of them is proven; nil = nothing, or it has no windows.
    public let typical: TypicalSeconds?
    public internal(set) var phase: Phase
    /// The wave under way. INVARIANT: active nodes belong to it; all nodes of earlier waves have ended. Nodes that are taken
    /// up again go with the wave under way.
    public internal(set) var wave: Int
    /// What other roll-outs have under way, as far as it was known when nodes were begun last. In order.
    public internal(set) var elsewhere: [NodeElsewhere]
    /// In order of waves, then left-alone nodes. INVARIANT: no node twice.
    public internal(set) var nodes: [NodeRun]
    /// Indices of the nodes that the last accepted event changed: what must be written besides the header.
    public internal(set) var changed: Set<Int> = []
    let positions: [NodeName: Int]
    /// INVARIANT: follows from `nodes`, but while an event is taken.
    var standing: Standing
    let limits: DomainLimits
    /// How many nodes the plan asks something of.
    let workCount: Int

    public enum Phase: Hashable, Sendable, Codable {
        case ready
        case running
        /// Between two waves. INVARIANT: no node is active.
        case pausing(until: Timestamp)
        /// No node may be begun before a maintenance window opens or, at the end of time, before other roll-outs are done.
        /// INVARIANT: no node is active.
        case waiting(until: Timestamp)
        /// Suspended as soon as no node is active.
        case draining
        /// INVARIANT: no node is active.
        case suspended
        /// Ends as soon as no node is active; nodes that nothing was done to are held.
        case stopping(Stop)
        /// INVARIANT: every node has ended or was left alone.
        case ended(Ending)
    }

    public enum Stop: Hashable, Sendable, Codable {
        case failure(of: NodeName)
        case aborted
    }

    public enum Ending: Hashable, Sendable, Codable {
        /// Every node of the plan is verified, or was left alone or skipped.
        case completed
        /// Every node was done, and some failed or are lost, not more than the failure budget allows.
        case completedWithFailures
        case stopped(Stop)
    }

    public enum Transition: Hashable, Sendable {
        case accepted([RolloutEffect])
        /// Nothing changed.
        case rejected(String)
    }

    /// How often a step is issued again when the node could not be talked to.
    public static let patience = 1

    /// A roll-out that has not begun. `domains`: what each node shares with others, see `FailureDomain`. `zones`: those of
    /// the settings' windows; a window in another one never opens.
    public init(
        id: RolloutID, of plan: FleetPlan, digest: ContentDigest, settings: RolloutSettings? = nil,
        domains: [NodeName: [FailureDomain]] = [:], zones: [ZoneOffsets] = [], typical: TypicalSeconds? = nil
    ) {
        let settings = settings ?? plan.playbook.rollout
        let work = Self.order(plan.nodes.map(\.plan).filter { $0.verdict == .change }, settings.order)
        let rest = plan.nodes.map(\.plan).filter { $0.verdict != .change }
        let waves = Waves(of: work.count, settings)
        let runs = work.enumerated().map {
            NodeRun($1, plan.purpose, wave: waves.wave(of: $0), domains: domains[$1.node] ?? [])
        }
        self.init(
            id: id, plan: digest, settings: settings, zones: zones, typical: typical, phase: .ready, wave: 0,
            nodes: runs + rest.map { NodeRun($0, plan.purpose, wave: waves.count) })
    }

    private static func order(_ plans: [NodePlan], _ order: RolloutSettings.Order) -> [NodePlan] {
        let places = plans.enumerated().map { at, plan in
            // The controller's own node comes last, whatever the order.
            (
                at: at, last: plan.hostsController == true ? 1 : 0,
                risk: order == .risk ? plan.forecast?.risk.score ?? 0 : 0
            )
        }
        return places.sorted { ($0.last, $0.risk, $0.at) < ($1.last, $1.risk, $1.at) }.map { plans[$0.at] }
    }

    init(
        id: RolloutID, plan: ContentDigest, settings: RolloutSettings, zones: [ZoneOffsets], typical: TypicalSeconds?,
        phase: Phase, wave: Int, elsewhere: [NodeElsewhere] = [], nodes: [NodeRun]
    ) {
        self.id = id
        self.plan = plan
        self.settings = settings
        self.zones = zones
        self.typical = typical
        self.phase = phase
        self.wave = wave
        self.elsewhere = elsewhere
        self.nodes = nodes
        standing = Standing(nodes)
        limits = DomainLimits(of: nodes, settings)
        workCount = nodes.count(where: \.hasWork)
        positions = Dictionary(nodes.enumerated().map { ($1.node, $0) }, uniquingKeysWith: { first, _ in first })
    }

    public subscript(node: NodeName) -> NodeRun? { positions[node].map { nodes[$0] } }

    public var isEnded: Bool {
        if case .ended = phase { true } else { false }
    }
}

extension Rollout: Equatable {
    public static func == (a: Self, b: Self) -> Bool { a.header == b.header && a.nodes == b.nodes }
}
