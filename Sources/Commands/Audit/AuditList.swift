internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store

struct AuditList: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what was done, the latest last.",
        discussion: """
            What happened on the nodes is in each roll-out's journal: vfiofleet rollout show --journal.

            Example:
              vfiofleet audit list --last 50
            """)

    @Option(help: "How many lines.") var last = 20
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard last >= 1 else { throw ValidationError("--last is at least 1.") }
    }

    func execute(in context: Context) async throws -> Outcome {
        let entries = try await context.openStore().auditLog(latest: last)
        if json {
            try context.console.writeJSON(entries.map(AuditDocument.init))
            return .good
        }
        var table = Table([
            .init("LINE", right: true), .init("AT"), .init("BY"), .init("ACTION"), .init("SUBJECT"),
            .init("DETAIL", flexible: true), .init("DIGEST"),
        ])
        for entry in entries {
            table.add([
                .init("\(entry.number)"), .init(entry.at.iso8601), .init(entry.actor.printableLine),
                .init(entry.action), .init(entry.subject.printableLine), .init(entry.details.printableLine),
                .init(entry.digest.short),
            ])
        }
        context.console.write(table)
        if entries.isEmpty { context.console.note("Nothing was done yet.") }
        return .good
    }
}
