public import Fleet
public import Store

/// The nodes that commands are for, out of the database's inventory. Parts of a selector that fit nothing are an error: a
/// typing error must not narrow a roll-out silently.
public enum FleetSelection {
    /// The nodes a selector names; nil = all. Fails with `inventory-empty`, `selector-no-match`, as selectors do, and with
    /// `Failures` where several parts fit nothing.
    public static func nodes(_ selector: String?, in store: Store) async throws -> [Node] {
        let inventory = Inventory(nodes: try await store.nodes())
        guard !inventory.nodes.isEmpty else {
            throw FleetError(
                "inventory-empty", "The database \(store.path) holds no nodes yet.",
                advice: "Import an inventory first: vfiofleet inventory import FILE.")
        }
        let selection = try Selector(parsing: selector ?? "all").select(from: inventory)
        guard selection.unmatched.isEmpty else { throw Failures(errors: selection.unmatched) }
        guard !selection.nodes.isEmpty else {
            throw FleetError(
                "selector-no-match", "“\(selector ?? "all")” selects no node.",
                advice: "vfiofleet inventory list shows the nodes.")
        }
        return selection.nodes
    }

    /// What each of a playbook's nodes shall be, narrowed by a selector. Fails as `nodes` does.
    public static func targets(
        of playbook: Playbook, _ selector: String?, in store: Store
    ) async throws -> [PlaybookTargets.Target] {
        let inventory = Inventory(nodes: try await nodes(nil, in: store))
        let narrowing = try selector.map { text throws(FleetError) in try Selector(parsing: text) } ?? .all
        let resolved = try playbook.targets(in: inventory, narrowedBy: narrowing)
        guard resolved.unmatched.isEmpty else { throw Failures(errors: resolved.unmatched) }
        guard !resolved.targets.isEmpty else {
            throw FleetError(
                "selector-no-match",
                "The playbook \(playbook.name) is for no node that “\(selector ?? "all")” selects.",
                advice: "It is for the nodes “\(playbook.nodes)”; vfiofleet inventory list shows what there is.")
        }
        return resolved.targets
    }
}
