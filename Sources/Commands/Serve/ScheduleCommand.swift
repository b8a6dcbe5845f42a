internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store

struct ScheduleCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "List the schedules that serve runs, with their last and next runs.",
        discussion: """
            Example:
              vfiofleet schedule --json
            """)

    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let entries = try await ScheduleDocument.all(in: context.openStore(), at: Context.now)
        if json {
            try context.console.writeJSON(entries)
            return .good
        }
        var table = Table([
            .init("SCHEDULE"), .init("WHEN"), .init("NEXT"), .init("LAST"), .init("RESULT", flexible: true),
        ])
        for entry in entries {
            table.add([
                .init(entry.name), .init(entry.when), .init(entry.next ?? "never"), .init(entry.begunAt ?? "not yet"),
                .init(entry.words),
            ])
        }
        context.console.write(table)
        if entries.isEmpty {
            context.console.note("There are no schedules: vfiofleet serve --config FILE brings some.")
        }
        return .good
    }
}
