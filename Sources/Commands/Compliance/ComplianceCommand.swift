internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store

struct ComplianceCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "compliance", abstract: "Show how every rule stands, since when, by the last scheduled looks.",
        discussion: """
            No node is looked at: verify does that. Exit status: 0 every rule holds or is exempt, 2 at least one does not,
            1 at least one can't be told or was not looked at for too long, or nothing was verified yet.

            Examples:
              vfiofleet compliance
              vfiofleet compliance 'label:rack=a' --all
              vfiofleet compliance pve01 --history
              vfiofleet compliance --json
              vfiofleet compliance --html compliance.html --sarif compliance.sarif --junit compliance.xml
            """)

    @OptionGroup var selection: SelectorArgument
    @Option(help: ArgumentHelp("Only what was verified against this playbook.", valueName: "name")) var playbook:
        String?
    @Flag(help: "Rules that hold, too.") var all = false
    @Flag(help: "How each rule stood over time, the oldest first.") var history = false
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var reports: ComplianceReports
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let names = try await context.select(selection.selector, in: store).map(\.name)
        let entries = try await ComplianceEntry.entries(
            try await standings(of: names, store), in: store, at: Context.now)
        try reports.write(entries, context.console)
        if json {
            try context.console.writeJSON(entries)
        } else {
            context.console.write(ComplianceView(entries: entries, showsAll: all, isHistory: history).table())
            context.console.note(ComplianceView.summary(of: entries.filter(\.isCurrent)))
            if let words = entries.unseenWords { context.console.note(words) }
        }
        return entries.filter(\.isCurrent).outcome
    }

    private func standings(of names: [NodeName], _ store: Store) async throws(FleetError) -> [RuleStanding] {
        guard history else {
            let wanted = Set(names)
            return try await store.currentStandings(under: playbook).filter { wanted.contains($0.subject.node) }
        }
        var standings: [RuleStanding] = []
        for name in names { standings += try await store.standings(of: name) }
        return standings.filter { standing in playbook.map { $0 == standing.playbook } ?? true }
    }
}
