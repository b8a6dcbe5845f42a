import Engine
import Fleet

/// What the first roll-out could not give back, and the next one over those nodes does.
extension Course {
    /// Somebody has looked after the nodes. The next roll-out does what is left of the plan, or gives back only.
    func beginSettling() {
        isSettling = false
        let debts = fleet.debts
        for debt in debts { fleet.with(debt.node) { $0.mend(at: fleet.now) } }
        fleet.now += draw(0...2000)
        for debt in debts { fleet.with(debt.node) { _ in } }
        let plan = settlement(of: debts, isWhole: chance(2))
        let (domains, zones) = (first.nodes.map { ($0.node, $0.domains) }, first.zones)
        let time = Timestamp(milliseconds: Int64(fleet.now) * 1000)
        Task(executorPreference: operators) {
            self.beginCall(on: self.operators)
            let begun = try? await self.ledger.begin(plan, at: time) { digest in
                Rollout(
                    id: RolloutID("r2") ?? self.fleet.rollout, of: plan, digest: digest,
                    domains: Dictionary(domains, uniquingKeysWith: { first, _ in first }), zones: zones)
            }
            self.endCall()
            self.goOn(with: begun)
        }
    }

    private func goOn(with second: Rollout?) {
        isSettling = true
        guard let second else { return flaw("the second roll-out can't be begun") }
        note("settles \(second.nodes.map(\.node))")
        first = second
        fleet.begin(second)
        begin(skew: 0)
    }

    private func settlement(of debts: [NodeDebt], isWhole: Bool) -> FleetPlan {
        let wholeEntries = plan.nodes
        let entries = debts.compactMap { debt -> FleetPlan.Entry? in
            guard var entry = wholeEntries.first(where: { $0.plan.node == debt.node }) else { return nil }
            let facts = fleet.with(debt.node, isLook: true) { fleet.facts(of: $0) }
            let bare = NodePlan(node: debt.node, verdict: .unchanged, cluster: entry.plan.cluster)
            entry.plan = (isWhole ? domain.plan(debt.node, facts, entry.settings) : bare).owing(debt)
            return entry
        }
        return FleetPlan(purpose: isWhole ? plan.purpose : .undo, playbook: plan.playbook, nodes: entries)
    }
}
