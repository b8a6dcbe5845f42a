package import Fleet

/// `proposal list --json`: stable, others script against it. `docs/json.md` describes it.
package struct ProposalDocument: Codable, Sendable {
    package var id: Int64
    package var plan: String
    package var playbook: String
    package var schedule: String
    package var mode: String
    package var proposedAt: String
    package var nodes: [NodeName]
    package var state: String
    package var rollout: String?
    package var rejectedBy: String?
    package var supersededBy: Int64?

    package init(_ proposal: Proposal) {
        id = proposal.id.rawValue
        plan = proposal.plan.description
        playbook = proposal.playbook
        schedule = proposal.schedule
        mode = proposal.mode.rawValue
        proposedAt = proposal.proposedAt.iso8601
        nodes = proposal.nodes
        switch proposal.state {
        case .open: state = "open"
        case .begun(let id): (state, rollout) = ("begun", id.description)
        case .rejected(let actor): (state, rejectedBy) = ("rejected", actor)
        case .superseded(let later): (state, supersededBy) = ("superseded", later.rawValue)
        }
    }
}
