/// What would be done to a set of nodes: the thing that is shown, approved by its digest, and rolled out.
public struct FleetPlan: Hashable, Sendable, Codable {
    public enum Purpose: String, Hashable, Sendable, Codable {
        /// Makes nodes what a playbook says.
        case apply
        /// Puts back the bytes from before earlier roll-outs.
        case undo
    }

    public var purpose: Purpose
    /// Whose settings the plan follows; for an undo, the one whose roll-out settings apply.
    public var playbook: Playbook
    /// INVARIANT: no node twice.
    public var nodes: [Entry]

    /// One node's plan and what it was made from.
    public struct Entry: Hashable, Sendable, Codable {
        public var plan: NodePlan
        /// The playbook's settings as they hold for this node.
        public var settings: NodeSettings
        /// The stable content of the answer the plan was made from; nil = there was none.
        public var facts: ContentDigest?

        public init(plan: NodePlan, settings: NodeSettings, facts: ContentDigest?) {
            self.plan = plan
            self.settings = settings
            self.facts = facts
        }
    }

    public init(purpose: Purpose, playbook: Playbook, nodes: [Entry]) {
        self.purpose = purpose
        self.playbook = playbook
        self.nodes = nodes
    }

    public subscript(node: NodeName) -> Entry? { nodes.first { $0.plan.node == node } }
}
