internal import ArgumentParser

struct InventoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inventory", abstract: "The nodes the tool knows.",
        subcommands: [InventoryImport.self, InventoryList.self], defaultSubcommand: InventoryList.self)
}
