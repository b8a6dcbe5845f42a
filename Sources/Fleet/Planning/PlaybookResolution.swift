/// A playbook whose selectors are parsed, for asking what each node shall be.
public struct ResolvedPlaybook: Sendable {
    public let playbook: Playbook
    private let overrides: [(selector: Selector, settings: NodeSettings)]

    /// - Throws: `selector-syntax` or `selector-unknown-kind` when an override's selector can't be read.
    public init(_ playbook: Playbook) throws(FleetError) {
        self.playbook = playbook
        var overrides: [(Selector, NodeSettings)] = []
        for override in playbook.overrides {
            overrides.append((try Selector(parsing: override.nodes), override.settings))
        }
        self.overrides = overrides
    }

    /// The settings for one node: those of the last override that selects it, else the playbook's own.
    public func settings(for node: Node) -> NodeSettings {
        let alone = Inventory(nodes: [node])
        let match = overrides.last { !$0.selector.select(from: alone).nodes.isEmpty }
        return match?.settings ?? playbook.settings
    }
}
