public import Fleet
public import Store

/// One node was looked at.
public struct LookEvent: Hashable, Sendable, Codable {
    public var node: NodeName
    /// What it is, for a person; nil = it is only counted.
    public var words: String?
    /// Why it could not be looked at.
    public var error: FleetError?

    public init(node: NodeName, words: String? = nil, error: FleetError? = nil) {
        self.node = node
        self.words = words
        self.error = error
    }
}

/// What is done with nodes for a command, be it in its own process or in the controller's.
public struct FleetWork: Sendable {
    public let store: Store
    private let opener: any NodeOpener
    private let judge: any NodeJudge
    private let parallelism: Int

    /// `parallelism`: nodes under way at the same time.
    public init(store: Store, opener: any NodeOpener, judge: any NodeJudge, parallelism: Int = 128) {
        self.store = store
        self.opener = opener
        self.judge = judge
        self.parallelism = parallelism
    }

    /// What a plan is to be made of.
    public struct Wish: Sendable {
        public var playbook: Playbook
        public var selector: String?
        /// At the nodes, before.
        public var isLooking: Bool
        public var maxRisk: Int?
        public var overrides: [NodeOverride]

        public init(
            playbook: Playbook, selector: String? = nil, isLooking: Bool = true, maxRisk: Int? = nil,
            overrides: [NodeOverride] = []
        ) {
            self.playbook = playbook
            self.selector = selector
            self.isLooking = isLooking
            self.maxRisk = maxRisk
            self.overrides = overrides
        }
    }

    /// Looks at nodes; interrupted, it gives back what was seen until then. Reports to `events` and ends it, as all of
    /// these do. `words`: what is said of each node. Fails as the store does.
    public func detect(
        _ nodes: [Node], words: @escaping @Sendable (NodeFacts) -> String? = { _ in nil },
        events: AsyncStream<LookEvent>.Continuation? = nil
    ) async throws(FleetError) -> SweepSummary {
        defer { events?.finish() }
        return try await sweep.run(nodes) { node, result in
            switch result {
            case .success(let observation):
                events?.yield(LookEvent(node: node, words: words(observation.facts)))
            case .failure(let error): events?.yield(LookEvent(node: node, error: error))
            }
        }
    }

    /// The proof chain of each target after a fresh look. Fails as the store does, and with `CancellationError` when
    /// interrupted.
    public func verify(
        _ targets: [PlaybookTargets.Target], events: AsyncStream<LookEvent>.Continuation? = nil
    ) async throws -> [NodeCompliance] {
        let found = try await VerifyService(sweep: sweep, judge: judge).verify(targets, events: events)
        try Task.checkCancellation()
        return found.map(\.compliance)
    }

    /// Makes a plan and keeps it. Fails as `PlanService` does, and with `CancellationError` when interrupted.
    public func plan(
        _ wish: Wish, for targets: [PlaybookTargets.Target], events: AsyncStream<LookEvent>.Continuation? = nil
    ) async throws -> (plan: FleetPlan, digest: ContentDigest) {
        if wish.isLooking { _ = try await detect(targets.map(\.node), events: events) } else { events?.finish() }
        try Task.checkCancellation()
        return try await PlanService(store: store, judge: judge)
            .plan(wish.playbook, for: targets, maxRisk: wish.maxRisk, overrides: wish.overrides)
    }

    private var sweep: Sweep { Sweep(store: store, opener: opener, parallelism: parallelism) }
}
