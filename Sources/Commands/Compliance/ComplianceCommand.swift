internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store

struct ComplianceCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "compliance", abstract: "Show how every rule stands, since when, by the last scheduled looks.",
        discussion: """
            No node is looked at: verify does that. Exit status: 0 every rule holds or is exempt, 2 at least one does not,
            1 at least one can't be told, or nothing was verified yet.

            Examples:
              vfiofleet compliance
              vfiofleet compliance 'label:rack=a' --all
              vfiofleet compliance pve01 --history
              vfiofleet compliance --json
            """)

    @OptionGroup var selection: SelectorArgument
    @Option(help: ArgumentHelp("Only what was verified against this playbook.", valueName: "name")) var playbook:
        String?
    @Flag(help: "Rules that hold, too.") var all = false
    @Flag(help: "How each rule stood over time, the oldest first.") var history = false
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let names = try await context.select(selection.selector, in: store).map(\.name)
        let exemptions = try await store.exemptions(countingAt: Context.now)
        let standings = try await standings(of: names, store)
        let entries = standings.map { standing in
            ComplianceEntry(standing, exemptions.last { $0.covers(standing.subject, at: Context.now) })
        }
        if json {
            try context.console.writeJSON(entries)
        } else {
            context.console.write(ComplianceView(entries: entries, showsAll: all || history).table())
            context.console.note(ComplianceView.summary(of: entries.filter(\.isCurrent)))
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

extension [ComplianceEntry] {
    /// What is known to be wrong counts before what could not be told.
    var outcome: Outcome {
        let counting = filter { $0.exemption == nil }
        if counting.contains(where: { $0.status == .fail }) { return .attention }
        return isEmpty || counting.contains { $0.status == .unknown } ? .failed : .good
    }
}

/// The rules of nodes as a table: what does not hold, and what each somebody answers for.
struct ComplianceView {
    var entries: [ComplianceEntry]
    var showsAll: Bool

    func table() -> Table {
        var table = Table([
            .init("NODE"), .init("RULE"), .init("DEVICE"), .init("SEVERITY"), .init("STATUS"), .init("SINCE"),
            .init("LAST SEEN"), .init("MESSAGE", flexible: true),
        ])
        for entry in entries where showsAll || entry.status != .pass {
            let exempt = entry.exemption.map { "(exempt until \($0.until) for \($0.owner): \($0.reason)) " } ?? ""
            table.add([
                .init(entry.node), .init(entry.rule), .init(entry.device ?? ""), .init(entry.severity),
                .init(Self.word(entry), Self.style(entry)), .init(entry.since), .init(entry.lastSeen),
                .init((exempt + entry.message).printableLine),
            ])
        }
        return table
    }

    private static func word(_ entry: ComplianceEntry) -> String {
        switch entry.status {
        case .pass: "holds"
        case .fail: entry.exemption == nil ? "FAILS" : "exempt"
        case .unknown: entry.exemption == nil ? "unknown" : "exempt"
        }
    }

    private static func style(_ entry: ComplianceEntry) -> Style {
        if entry.status == .pass { return .good }
        if entry.exemption != nil { return .dim }
        return entry.status == .fail ? .bad : .warning
    }

    /// `2 nodes: 1 as asked, 1 not.`
    static func summary(of entries: [ComplianceEntry]) -> String {
        guard !entries.isEmpty else {
            return "Nothing was verified by schedule yet: vfiofleet serve does that, vfiofleet verify looks now."
        }
        let nodes = Dictionary(grouping: entries, by: \.node).mapValues(\.outcome)
        let parts = [
            (nodes.values.count { $0 == .good }, "as asked"), (nodes.values.count { $0 == .attention }, "not as asked"),
            (nodes.values.count { $0 == .failed }, "not fully known"),
        ]
        let words = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        return "\(nodes.count) node\(nodes.count == 1 ? "" : "s"): \(words)."
    }
}
