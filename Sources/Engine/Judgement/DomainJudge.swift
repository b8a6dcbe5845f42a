public import Fleet

/// The domain's own judgement.
public struct DomainJudge: NodeJudge {
    public init() {}

    public func plan(_ node: NodeName, _ facts: NodeFacts?, _ settings: NodeSettings) -> NodePlan {
        Planner.plan(node: node, facts: facts, settings: settings)
    }

    public func guestChanges(
        _ facts: NodeFacts, _ settings: NodeSettings
    ) -> (changes: [GuestChange], blockers: [Reason]) {
        let decision = Planner.guestChanges(facts: facts, settings: settings)
        return (decision.changes, decision.reasons.filter { $0.severity == .blocker })
    }

    public func verify(_ node: NodeName, _ facts: NodeFacts, _ settings: NodeSettings) -> NodeCompliance {
        Verifier.verify(node: node, facts: facts, settings: settings)
    }
}
