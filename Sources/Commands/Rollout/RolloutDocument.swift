internal import Fleet
internal import Store

/// `rollout list --json` and `rollout show --json`.
struct RolloutDocument: Encodable {
    struct NodeEntry: Encodable {
        var node: NodeName
        /// `unchanged`, `blocked`, `unreachable`, `queued`, `active`, `verified`, `held`, `failed` or `lost`.
        var state: String
        /// The step it is in, or the one that failed.
        var step: String?
        var wave: Int
        var bootBefore: BootID?
        var bootAfter: BootID?
        /// What came otherwise than foreseen; absent where nothing was compared.
        var forecastMisses: [ForecastMiss]?
        var error: FleetError?
    }

    struct Event: Encodable {
        var number: Int
        var at: String
        var event: String
    }

    var id: RolloutID
    var plan: String
    var phase: String
    var isEnded: Bool
    var createdAt: String
    var createdBy: String
    var nodes: [NodeEntry]
    var journal: [Event]?

    init(_ stored: StoredRollout, journal: [JournalEntry]? = nil) {
        id = stored.rollout.id
        plan = stored.rollout.plan.description
        phase = stored.rollout.phase.phrase
        isEnded = stored.rollout.isEnded
        createdAt = stored.createdAt.iso8601
        createdBy = stored.createdBy
        nodes = stored.rollout.nodes.map { node in
            NodeEntry(
                node: node.node, state: node.state.word,
                step: node.state.step?.name ?? node.state.result?.problem?.step, wave: node.wave,
                bootBefore: node.bootBefore, bootAfter: node.bootAfter, forecastMisses: node.misses,
                error: node.state.result?.problem?.error)
        }
        self.journal = journal?.map { Event(number: $0.number, at: $0.event.at.iso8601, event: $0.event.kind.phrase) }
    }
}
