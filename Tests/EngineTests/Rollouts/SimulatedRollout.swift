import Engine
import Fleet
import Foundation
import Store
import Testing

/// A database, a fleet of simulated nodes, a plan made from what they show, and a roll-out of it.
final class SimulatedRollout: Sendable {
    let directory: URL
    let store: Store
    let time = ScaledTime()
    let nodes: [NodeName: SimulatedNode]
    let id: RolloutID

    init(
        _ count: Int, faults: [Int: Set<SimulatedNode.Fault>] = [:],
        settings: RolloutSettings = .init(
            canaries: 1, batch: .count(2), pauseSeconds: 5, returnWithinSeconds: 300, confirmWithinSeconds: 6000),
        evacuation: EvacuationSettings? = nil, in directory: URL? = nil
    ) async throws {
        let folder = "vfiofleet-\(UUID().uuidString)"
        self.directory = directory ?? FileManager.default.temporaryDirectory.appending(path: folder)
        store = try Store.open(path: self.directory.appending(path: "fleet.db").path)
        let names = try (1...count).map { try #require(NodeName("pve\($0)")) }
        var nodes: [NodeName: SimulatedNode] = [:]
        for (number, name) in names.enumerated() {
            nodes[name] = SimulatedNode(name, time, faults: faults[number + 1] ?? [], populated: evacuation != nil)
        }
        self.nodes = nodes
        let inventory = Inventory(nodes: names.map { Node(name: $0, connection: .init(address: "192.0.2.1")) })
        _ = try await store.importInventory(inventory, at: time.now(), by: "test")
        let wish = NodeSettings(evacuation: evacuation)
        var entries: [FleetPlan.Entry] = []
        for name in names {
            let facts = try #require(try await nodes[name]?.observe().facts)
            var plan = SimulatedJudge().plan(name, facts, wish)
            plan.cluster = facts.cluster.value?.name
            entries.append(.init(plan: plan, settings: wish, facts: nil))
        }
        id = try await Self.create(
            FleetPlan(purpose: .apply, playbook: Playbook(name: "gpu", rollout: settings), nodes: entries),
            "r1", store, time)
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(at: directory)
    }

    static func create(
        _ plan: FleetPlan, _ id: String, _ store: Store, _ time: ScaledTime, domains: [NodeName: [FailureDomain]] = [:]
    ) async throws -> RolloutID {
        let digest = try await store.save(plan, at: time.now())
        let rollout = Rollout(id: try #require(RolloutID(id)), of: plan, digest: digest, domains: domains)
        try await store.create(rollout, at: time.now(), by: "test")
        return rollout.id
    }

    /// `store`: another database than the one it began with.
    func driver(
        _ journal: (any RolloutJournal)? = nil, holder: String = "test", in store: Store? = nil,
        controller: ControllerIdentity = .init()
    ) -> RolloutDriver {
        RolloutDriver(
            store: store ?? self.store, opener: SimulatedFleet(nodes: nodes), judge: SimulatedJudge(),
            holder: LeaseHolder(description: holder), time: time, controller: controller, journal: journal)
    }

    func node(_ number: Int) throws -> SimulatedNode {
        try #require(NodeName("pve\(number)").flatMap { nodes[$0] })
    }
}

/// A journal that dies at one of its events: before it is written, or after it and before anything is done about it.
actor DyingJournal: RolloutJournal {
    enum Moment: Sendable, CaseIterable {
        case beforeWriting
        case afterWriting
    }

    private let store: Store
    private let last: Int
    /// Instead: the first one about this step.
    private let step: String?
    private let moment: Moment
    private var written = 0
    private var isDue = false

    init(_ store: Store, atEvent number: Int, _ moment: Moment) {
        self.store = store
        (last, step) = (number, nil)
        self.moment = moment
    }

    init(_ store: Store, atStep step: String, _ moment: Moment) {
        self.store = store
        (last, self.step) = (.max, step)
        self.moment = moment
    }

    func append(
        _ event: RolloutEvent, number: Int, after rollout: Rollout, under lease: Lease
    ) async throws(FleetError) {
        written += 1
        if case .finished(let id, _) = event.kind, id.step == step { isDue = true }
        if written >= last { isDue = true }
        if isDue, moment == .beforeWriting { throw FleetError("killed", "Killed before writing.") }
        try await store.append(event, number: number, after: rollout, under: lease)
        if isDue { throw FleetError("killed", "Killed after writing.") }
    }
}

/// A journal that has something happen as soon as a step was done.
actor MeddlingJournal: RolloutJournal {
    private let store: Store
    private let step: String
    private let meddle: @Sendable () async -> Void

    init(_ store: Store, after step: String, _ meddle: @escaping @Sendable () async -> Void) {
        self.store = store
        self.step = step
        self.meddle = meddle
    }

    func append(
        _ event: RolloutEvent, number: Int, after rollout: Rollout, under lease: Lease
    ) async throws(FleetError) {
        try await store.append(event, number: number, after: rollout, under: lease)
        if case .finished(let id, _) = event.kind, id.step == step { await meddle() }
    }
}
