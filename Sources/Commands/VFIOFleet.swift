import ArgumentParser

/// The root command.
struct VFIOFleet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vfiofleet", abstract: "Rolls PCI passthrough out to Proxmox VE nodes, and proves it.",
        version: "0.1.0",
        subcommands: [
            InventoryCommand.self, TrustCommand.self, DetectCommand.self, GPUsCommand.self, ShowCommand.self,
            PlanCommand.self, ApplyCommand.self, VerifyCommand.self, RolloutCommand.self, UndoCommand.self,
            ExplainCommand.self, AuditCommand.self, SchemaCommand.self,
        ])
}
