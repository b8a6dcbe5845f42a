import ArgumentParser

/// The root command.
struct VFIOFleet: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "vfiofleet", abstract: "Rolls PCI passthrough out to Proxmox VE nodes, and proves it.",
        discussion: """
            A fleet from its inventory to verified passthrough:
              vfiofleet inventory import inventory/
              vfiofleet trust
              vfiofleet detect
              vfiofleet plan playbooks/gpu-passthrough.yaml
              vfiofleet apply playbooks/gpu-passthrough.yaml
              vfiofleet verify playbooks/gpu-passthrough.yaml

            Each command's own help has more examples: vfiofleet help plan.
            """,
        version: version,
        subcommands: [
            InventoryCommand.self, TrustCommand.self, DetectCommand.self, GPUsCommand.self, ShowCommand.self,
            PlanCommand.self, ApplyCommand.self, VerifyCommand.self, RolloutCommand.self, UndoCommand.self,
            SettleCommand.self, ServeCommand.self, ConfigCommand.self, ScheduleCommand.self, ComplianceCommand.self,
            ExemptionCommand.self,
            AlertsCommand.self, ProposalCommand.self, UserCommand.self, TokenCommand.self, BackupCommand.self,
            RestoreCommand.self, ExplainCommand.self, AuditCommand.self, SchemaCommand.self,
        ])
}
