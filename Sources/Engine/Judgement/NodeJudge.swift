public import Fleet

/// What the domain says about one node: pure decisions, behind a port so that a test can ask for a smaller domain.
public protocol NodeJudge: Sendable {
    /// The plan for a node; `facts` nil = it could not be asked.
    func plan(_ node: NodeName, _ facts: NodeFacts?, _ settings: NodeSettings) -> NodePlan

    /// Which guest options may be changed by what the node is now, and what forbids it.
    func guestChanges(_ facts: NodeFacts, _ settings: NodeSettings) -> (changes: [GuestChange], blockers: [Reason])

    /// The proof chain, judged on what was just seen.
    func verify(_ node: NodeName, _ facts: NodeFacts, _ settings: NodeSettings) -> NodeCompliance
}
