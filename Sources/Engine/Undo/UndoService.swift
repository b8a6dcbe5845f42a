public import Fleet
public import Store

/// Plans the way back: to what nodes were before the first roll-out that noted changes on them.
///
/// The plan is carried out by a `RolloutDriver` like every other one.
public struct UndoService: Sendable {
    private let store: Store
    private let opener: any NodeOpener
    private let time: any TimeSource
    private let controller: ControllerIdentity

    /// `controller`: the machine that is to carry the plans out.
    public init(
        store: Store, opener: any NodeOpener, time: any TimeSource = SystemTime(),
        controller: ControllerIdentity = .thisMachine
    ) {
        self.store = store
        self.controller = controller
        self.opener = opener
        self.time = time
    }

    /// Looks at each node and at the notes it keeps, and keeps the plan under its digest.
    ///
    /// A file of which somebody changed the same lines since blocks its node. `rollout`: only what this one did is taken
    /// back, nil = what all did. `settings`: how the roll-out shall go. `guests`: what becomes of running guests at the
    /// reboot, nil = as when the node was changed. A node whose risk is above `maxRisk` is blocked.
    public func plan(
        undoing nodes: [Node], of rollout: RolloutID? = nil, settings: RolloutSettings = .init(),
        guests: EvacuationSettings? = nil, maxRisk: Int? = nil
    ) async throws(FleetError) -> (plan: FleetPlan, digest: ContentDigest) {
        let (earlier, debts) = (EarlierPlans(store: store), try await store.debtsByNode())
        let entries = try await inParallel(nodes) { (node) async throws(FleetError) in
            try await entry(for: node, of: rollout, maxRisk, owing: debts[node.name]) {
                (backups) async throws(FleetError) in
                if let guests { return guests }
                return try await earlier.evacuation(of: node.name, in: backups, only: rollout)
            }
        }
        let names = nodes.map(\.name.description).joined(separator: ",")
        let playbook = Playbook(
            name: "undo", summary: "Back to before \(rollout.map { "roll-out \($0)" } ?? "the first roll-out").",
            nodes: names, rollout: settings)
        let plan = FleetPlan(purpose: .undo, playbook: playbook, nodes: entries)
        return (plan, try await store.save(plan, at: time.now()))
    }

    /// Plans to give back what roll-outs took away from these nodes and still owe them, and nothing else. Looks at none of
    /// them: the roll-out does, before it gives anything back.
    public func plan(settling nodes: [Node]) async throws(FleetError) -> (plan: FleetPlan, digest: ContentDigest) {
        let debts = try await store.debtsByNode()
        let playbook = Playbook(
            name: "settle", summary: "What earlier roll-outs took away, given back.",
            nodes: nodes.map(\.name.description).joined(separator: ","))
        let entries = nodes.map { node in
            FleetPlan.Entry(plan: .settling(node.name, debts[node.name]), settings: NodeSettings(), facts: nil)
        }
        let plan = FleetPlan(purpose: .undo, playbook: playbook, nodes: entries)
        return (plan, try await store.save(plan, at: time.now()))
    }

    private func entry(
        for node: Node, of rollout: RolloutID?, _ maxRisk: Int?, owing debt: NodeDebt?,
        evacuation: @Sendable ([NodeBackup]) async throws(FleetError) -> EvacuationSettings?
    ) async throws(FleetError) -> FleetPlan.Entry {
        let seen: (observation: Observation, backups: [NodeBackup])
        do throws(NodeFailure) { seen = try await look(at: node) } catch {
            let reason = Reason(.blocker, error.error.code, error.error.message)
            let plan = NodePlan(node: node.name, verdict: .unreachable, reasons: [reason])
            return FleetPlan.Entry(plan: plan, settings: NodeSettings(), facts: nil)
        }
        let sighting = Sighting(of: node.name, at: time.now(), answer: seen.observation.answer)
        _ = try await store.record([sighting])
        let settings = NodeSettings(evacuation: try await evacuation(seen.backups))
        let plan = UndoPlanner.plan(
            node: node.name, facts: seen.observation.facts, backups: seen.backups, of: rollout,
            evacuation: settings.evacuation
        ).sparing(controller, seen.observation.facts).owing(debt)
        return FleetPlan.Entry(
            plan: maxRisk.map { plan.gated(maxRisk: $0) } ?? plan, settings: settings,
            facts: seen.observation.answer.digest)
    }

    private func look(at node: Node) async throws(NodeFailure) -> (Observation, [NodeBackup]) {
        let operations = try await opener.open(node)
        do throws(NodeFailure) {
            let found = (try await operations.observe(), try await operations.backups())
            await operations.close()
            return found
        } catch {
            await operations.close()
            throw error
        }
    }
}

/// The plans that were carried out on nodes before, each read once: many nodes share one.
private actor EarlierPlans {
    private let store: Store
    /// Nil = this database does not know that roll-out.
    private var plans: [RolloutID: FleetPlan?] = [:]

    init(store: Store) { self.store = store }

    /// How the latest roll-out of these that is known treated running guests; nil = it left them to the reboot, or none
    /// is known. How an earlier undo treated them counts only where that one is undone.
    func evacuation(
        of node: NodeName, in backups: [NodeBackup], only rollout: RolloutID?
    ) async throws(FleetError) -> EvacuationSettings? {
        for backup in backups.reversed() where rollout == nil || backup.rollout == rollout {
            guard let plan = try await plan(of: backup.rollout), let entry = plan[node] else { continue }
            if plan.purpose == .apply || rollout != nil { return entry.settings.evacuation }
        }
        return nil
    }

    private func plan(of rollout: RolloutID) async throws(FleetError) -> FleetPlan? {
        if let known = plans[rollout] { return known }
        let found: FleetPlan?
        do throws(FleetError) {
            found = try await store.plan(try await store.rollout(rollout).rollout.plan)
        } catch {
            guard error.code == "rollout-unknown" else { throw error }
            found = nil
        }
        plans[rollout] = .some(found)
        return found
    }
}
