internal import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Who did what and when, and the proof that nobody rewrote it.",
        discussion: """
            Examples:
              vfiofleet audit
              vfiofleet audit verify
            """,
        subcommands: [AuditList.self, AuditVerify.self], defaultSubcommand: AuditList.self)
}
