/// The nodes a playbook is for, each with the settings that hold for it.
public struct PlaybookTargets: Hashable, Sendable {
    public struct Target: Hashable, Sendable {
        public var node: Node
        /// Overrides applied; only the guests that live on this node.
        public var settings: NodeSettings

        public init(node: Node, settings: NodeSettings) {
            self.node = node
            self.settings = settings
        }
    }

    /// In the inventory's order.
    public var targets: [Target]
    /// Parts of the playbook's and the caller's selectors that fit no node of the inventory.
    public var unmatched: [FleetError]
}

extension Playbook {
    /// Applies the playbook's selectors to an inventory.
    /// - Parameter narrowing: of the playbook's nodes only these.
    /// - Throws: `selector-syntax` or `selector-unknown-kind`.
    public func targets(
        in inventory: Inventory, narrowedBy narrowing: Selector = .all
    ) throws(FleetError) -> PlaybookTargets {
        let own = try Selector(parsing: nodes).select(from: inventory)
        let narrowed = narrowing.select(from: inventory)
        let names = Set(narrowed.nodes.map(\.name))
        var resolution = TargetResolution(inventory: inventory, unmatched: own.unmatched + narrowed.unmatched)
        let overrides = try resolution.overrides(self.overrides)

        var targets: [PlaybookTargets.Target] = []
        for node in own.nodes where names.contains(node.name) {
            var settings = self.settings
            settings.evacuation = rollout.guests
            for override in overrides where override.nodes.contains(node.name) {
                settings = override.changes.applied(to: settings)
            }
            settings.guests = try resolution.guests(settings.guests, on: node.name)
            targets.append(.init(node: node, settings: settings))
        }
        return PlaybookTargets(targets: targets, unmatched: resolution.unmatched)
    }
}

/// Evaluates each selector once, however many nodes ask for it.
private struct TargetResolution {
    let inventory: Inventory
    var unmatched: [FleetError]
    private var cache: [String: Set<NodeName>] = [:]

    init(inventory: Inventory, unmatched: [FleetError]) {
        self.inventory = inventory
        self.unmatched = unmatched
    }

    mutating func overrides(
        _ overrides: [Playbook.Override]
    ) throws(FleetError) -> [(nodes: Set<NodeName>, changes: SettingsChanges)] {
        var result: [(nodes: Set<NodeName>, changes: SettingsChanges)] = []
        for override in overrides { result.append((try names(override.nodes), override.changes)) }
        return result
    }

    mutating func guests(_ guests: [GuestRequest], on node: NodeName) throws(FleetError) -> [GuestRequest] {
        var result: [GuestRequest] = []
        for guest in guests {
            guard let selector = guest.nodes else {
                result.append(guest)
                continue
            }
            if try names(selector).contains(node) { result.append(guest) }
        }
        return result
    }

    private mutating func names(_ text: String) throws(FleetError) -> Set<NodeName> {
        if let known = cache[text] { return known }
        let selection = try Selector(parsing: text).select(from: inventory)
        unmatched += selection.unmatched
        let names = Set(selection.nodes.map(\.name))
        cache[text] = names
        return names
    }
}
