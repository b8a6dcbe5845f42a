internal import Engine
internal import Fleet
internal import Forms
internal import Foundation
internal import Store

/// Works alone: on the database, and with this user's keys.
struct LocalController: Controller {
    let store: Store
    let opener: any NodeOpener
    let parallelism: Int

    var farewell: String { "Left. What is under way on the nodes goes on; vfiofleet rollout resume looks there first." }
    var goesOnAlone: Bool { false }
    private var work: FleetWork {
        FleetWork(store: store, opener: opener, judge: DomainJudge(), parallelism: parallelism)
    }

    func nodes(_ selector: String?) async throws -> [NodeName] {
        try await FleetSelection.nodes(selector, in: store).map(\.name)
    }

    func detect(_ selector: String?, telling listener: LookListener) async throws -> SweepDocument {
        let nodes = try await FleetSelection.nodes(selector, in: store)
        let summary = try await following(nodes.map(\.name), listener) { [work] in
            try await work.detect(nodes, words: \.words, events: $0)
        }
        return SweepDocument(summary, nodes.map(\.name))
    }

    func verify(_ file: PlaybookFile, telling listener: LookListener) async throws -> [NodeCompliance] {
        let targets = try await FleetSelection.targets(of: file.playbook, file.selector, in: store)
        return try await following(targets.map(\.node.name), listener) { [work] in
            try await work.verify(targets, events: $0)
        }
    }

    func plan(_ wish: PlanWish, telling listener: LookListener) async throws -> (plan: FleetPlan, digest: ContentDigest)
    {
        let playbook = wish.file.playbook
        let targets = try await FleetSelection.targets(of: playbook, wish.file.selector, in: store)
        let wished = FleetWork.Wish(
            playbook: playbook, selector: wish.file.selector, isLooking: wish.isLooking, maxRisk: wish.maxRisk,
            overrides: wish.overrides)
        return try await following(wish.isLooking ? targets.map(\.node.name) : [], listener) { [work] in
            try await work.plan(wished, for: targets, events: $0)
        }
    }

    private func following<Value>(
        _ nodes: [NodeName], _ listener: LookListener,
        _ body: (AsyncStream<LookEvent>.Continuation) async throws -> Value
    ) async throws -> Value {
        await listener.began(nodes)
        let (events, post) = AsyncStream.makeStream(of: LookEvent.self)
        let watcher = Task { for await event in events { await listener.looked(event) } }
        let result: Result<Value, any Error>
        do { result = .success(try await body(post)) } catch { result = .failure(error) }
        post.finish()
        await watcher.value
        return try result.get()
    }

    func plan(beginning prefix: String) async throws -> (plan: FleetPlan, digest: ContentDigest) {
        let digest = try await store.planDigest(beginning: prefix)
        return (try await store.plan(digest), digest)
    }

    func begin(_ plan: FleetPlan, _ digest: ContentDigest, _ console: Console) async throws -> RolloutID {
        try await RolloutBeginning(store: store).begin(plan, digest, by: Context.actor)
    }

    func drive(
        _ id: RolloutID, _ drive: Drive, controls: AsyncStream<RolloutOrder>,
        events: AsyncStream<RolloutProgress>.Continuation
    ) async throws -> Fleet.Rollout {
        let driver = RolloutDriver(
            store: store, opener: opener, judge: DomainJudge(), holder: LeaseHolder(actor: Context.actor))
        return try await driver.drive(id, aborting: drive == .aborting, controls: controls, events: events)
    }

    func give(_ order: RolloutOrder, to id: RolloutID) async throws {
        try await store.give(order, to: id, at: Context.now, by: Context.actor)
    }

    func rollout(_ id: RolloutID) async throws -> KeptRollout {
        let stored = try await store.rollout(id)
        let left = stored.rollout.secondsLeft(at: Context.now, earlier: try await store.pace(before: id))
        return KeptRollout(
            stored, secondsLeft: left, holder: try await RolloutDriver.holder(of: id, in: store, at: Context.now))
    }

    func rollouts(latest count: Int) async throws -> [StoredRollout] { try await store.rollouts(latest: count) }

    func journal(of id: RolloutID) async throws -> [JournalEntry] { try await store.journal(of: id) }

    func requests() async throws -> [RequestDocument] { try await store.openRequests().map(RequestDocument.init) }

    func approve(_ request: Int64) async throws -> RolloutID {
        let plan = try await store.request(request).plan
        throw FleetError(
            "controller-needed", "What is asked for is carried out by a controller that runs, and none was found.",
            advice: "Start one (vfiofleet serve), or carry the plan out yourself: vfiofleet apply --plan \(plan.short)."
        )
    }

    func refuse(_ request: Int64) async throws {
        try await store.refuse(request, at: Context.now, by: Context.actor)
    }

    func proposals() async throws -> [ProposalDocument] { try await store.proposals().map(ProposalDocument.init) }

    func proposal(_ id: Int64) async throws -> ProposalDocument {
        ProposalDocument(try await store.proposal(Proposal.ID(rawValue: id)))
    }

    func reject(_ proposal: Int64) async throws {
        try await store.reject(Proposal.ID(rawValue: proposal), at: Context.now, by: Context.actor)
    }
}
