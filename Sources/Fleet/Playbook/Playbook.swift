/// What the operator wants on a set of nodes. Every value of the guide can be set; the defaults are the guide's.
public struct Playbook: Hashable, Sendable, Codable {
    public var name: String
    public var summary: String?
    /// The nodes it is meant for, as a selector; the command line may narrow it.
    public var nodes: String
    /// Settings for all nodes.
    public var settings: NodeSettings
    /// For some nodes other settings: every one that matches is applied, in order.
    public var overrides: [Override]
    public var rollout: RolloutSettings

    public struct Override: Hashable, Sendable, Codable {
        /// A selector.
        public var nodes: String
        public var changes: SettingsChanges

        public init(nodes: String, changes: SettingsChanges) {
            self.nodes = nodes
            self.changes = changes
        }
    }

    public init(
        name: String, summary: String? = nil, nodes: String = "all", settings: NodeSettings = .init(),
        overrides: [Override] = [], rollout: RolloutSettings = .init()
    ) {
        self.name = name
        self.summary = summary
        self.nodes = nodes
        self.settings = settings
        self.overrides = overrides
        self.rollout = rollout
    }
}
