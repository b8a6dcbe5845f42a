internal import ArgumentParser

struct InventoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory", abstract: "The nodes the tool knows.",
        discussion: """
            Examples:
              vfiofleet inventory import inventory/
              vfiofleet inventory 'label:rack=a1'
            """,
        subcommands: [InventoryImport.self, InventoryList.self], defaultSubcommand: InventoryList.self)
}
