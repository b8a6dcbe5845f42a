public import Fleet
public import Store

/// Plans the way back: to what nodes were before the first roll-out that noted changes on them.
///
/// The plan is carried out by a `RolloutDriver` like every other one.
public struct UndoService: Sendable {
    private let store: Store
    private let opener: any NodeOpener
    private let time: any TimeSource

    public init(store: Store, opener: any NodeOpener, time: any TimeSource = SystemTime()) {
        self.store = store
        self.opener = opener
        self.time = time
    }

    /// Looks at each node and at the notes it keeps, and keeps the plan under its digest.
    ///
    /// A file of which somebody changed the same lines since blocks its node. `rollout`: only what this one did is taken
    /// back, nil = what all did. `settings`: how the roll-out shall go. A node whose risk is above `maxRisk` is blocked.
    public func plan(
        undoing nodes: [Node], of rollout: RolloutID? = nil, settings: RolloutSettings = .init(), maxRisk: Int? = nil
    ) async throws(FleetError) -> (plan: FleetPlan, digest: ContentDigest) {
        let entries = try await inParallel(nodes) { (node) async throws(FleetError) in
            try await entry(for: node, of: rollout, maxRisk)
        }
        let names = nodes.map(\.name.description).joined(separator: ",")
        let playbook = Playbook(
            name: "undo", summary: "Back to before \(rollout.map { "roll-out \($0)" } ?? "the first roll-out").",
            nodes: names, rollout: settings)
        let plan = FleetPlan(purpose: .undo, playbook: playbook, nodes: entries)
        return (plan, try await store.save(plan, at: time.now()))
    }

    private func entry(
        for node: Node, of rollout: RolloutID?, _ maxRisk: Int?
    ) async throws(FleetError) -> FleetPlan.Entry {
        let seen: (observation: Observation, backups: [NodeBackup])
        do throws(NodeFailure) { seen = try await look(at: node) } catch {
            let reason = Reason(.blocker, error.error.code, error.error.message)
            let plan = NodePlan(node: node.name, verdict: .unreachable, reasons: [reason])
            return FleetPlan.Entry(plan: plan, settings: NodeSettings(), facts: nil)
        }
        let sighting = Sighting(of: node.name, at: time.now(), answer: seen.observation.answer)
        _ = try await store.record([sighting])
        let plan = UndoPlanner.plan(
            node: node.name, facts: seen.observation.facts, backups: seen.backups, of: rollout)
        return FleetPlan.Entry(
            plan: maxRisk.map { plan.gated(maxRisk: $0) } ?? plan, settings: NodeSettings(),
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
