import Fleet

/// Reads a file of our own format into a draft.
enum OwnInventory {
    static func read(_ tree: Tree, into draft: inout InventoryDraft, _ diagnostics: Diagnostics) {
        guard let fields = InventoryKeys.document.open(tree, diagnostics) else { return }
        let defaults = fields[InventoryKeys.defaults] ?? SettingsDraft()
        for entry in fields[InventoryKeys.allGroups] ?? [] {
            var group = entry.value
            group.location = entry.location
            draft.extend(entry.name, group, diagnostics, mayRepeat: false)
        }
        for entry in fields[InventoryKeys.nodes] ?? [] {
            var node = entry.value
            node.location = entry.location
            node.defaults = defaults
            let names = (try? NameSet.expand(entry.name)) ?? []
            checkAddress(node, names, diagnostics)
            for name in names { draft.add(name, node, diagnostics) }
        }
    }

    /// Several nodes can't all have one address and port.
    private static func checkAddress(_ node: InventoryDraft.Node, _ names: [String], _ diagnostics: Diagnostics) {
        guard names.count > 1, let address = node.settings.address, !address.contains("{name}") else { return }
        diagnostics.report(
            "shared-address", "\(names.count) nodes would have the address \(quoted(address)).", at: node.location,
            advice: "Use {name} in the address, as in {name}.example.org, or describe the nodes one by one.")
    }
}
