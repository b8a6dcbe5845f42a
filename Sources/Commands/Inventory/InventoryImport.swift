internal import ArgumentParser
internal import Documents
internal import Fleet
internal import Forms
internal import Store

struct InventoryImport: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Make the nodes of inventory files the known ones.",
        discussion: """
            Reads our own YAML and Ansible's YAML and INI inventories. All files are read before anything is kept: one \
            error, and nothing changes. Nodes that are in no file any more are retired; their history stays.

            Examples:
              vfiofleet inventory import inventory/
              vfiofleet inventory import hosts.ini
            """)

    @Argument(help: "Files, or folders of files.") var paths: [String] = ["inventory"]
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        var inventory = Inventory()
        for path in paths {
            let reading = try InventoryDocument.load(path)
            for warning in reading.warnings { context.console.note("warning: \(warning.description.printable)") }
            inventory.nodes += reading.inventory.nodes
        }
        guard !inventory.nodes.isEmpty else {
            throw FleetError(
                "inventory-empty", "\(paths.joined(separator: ", ").printableLine) names no node at all.",
                advice: "Nothing was changed: with an empty inventory every known node would be retired.")
        }
        let store = try context.openStore()
        let changes = try await store.importInventory(inventory, at: Context.now, by: Context.actor)
        if json {
            try context.console.writeJSON(ChangesDocument(changes))
        } else {
            report(changes, of: inventory.nodes.count, context)
        }
        return .good
    }

    private func report(_ changes: InventoryChanges, of total: Int, _ context: Context) {
        let document = ChangesDocument(changes)
        for (word, names) in [("added", document.added), ("changed", document.changed), ("retired", document.retired)]
        where !names.isEmpty {
            context.console.writeLine("\(word): \(NameSet.fold(names))")
        }
        if changes.isEmpty { context.console.writeLine("\(total) nodes, nothing changed") }
        if !changes.added.isEmpty {
            context.console.note("Next: vfiofleet trust, which shows and records the nodes' host keys.")
        }
    }
}

/// `inventory import --json`: the names of the nodes that are new, described otherwise, or gone.
struct ChangesDocument: Encodable {
    var added: [NodeName]
    var changed: [NodeName]
    var retired: [NodeName]

    init(_ changes: InventoryChanges) {
        added = changes.added.map(\.name)
        changed = changes.changed.map(\.after.name)
        retired = changes.retired.map(\.name)
    }
}
