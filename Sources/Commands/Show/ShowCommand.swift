internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Probe
internal import Store

struct ShowCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what a node is, as it was last seen.",
        discussion: """
            Examples:
              vfiofleet show pve01
              vfiofleet show pve01 --json
              vfiofleet show pve01 --critical
              vfiofleet show pve01 --history
            """)

    @Argument(help: "The node.") var node: String
    @Flag(help: "As JSON.") var json = false
    @Flag(help: "What the host can't lose, and the PCI functions it rests on.") var critical = false
    @Flag(help: "What changed between the sweeps.") var history = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if critical && history { throw ValidationError("Choose one of --critical and --history.") }
    }

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let nodes = try await context.select(node, in: store)
        for node in nodes {
            let observations = try await store.observations(of: node.name)
            guard let latest = observations.last else { throw try await unseen(node.name, store) }
            if history {
                try showHistory(observations, context)
            } else if critical {
                try showCritical(node.name, latest, context)
            } else if json {
                let rollouts = try await store.rollouts(of: node.name)
                try context.console.writeJSON(NodeDocument(node.name, latest, rollouts))
            } else {
                show(node.name, latest, try await store.rollouts(of: node.name), context)
            }
        }
        return .good
    }

    private func unseen(_ node: NodeName, _ store: Store) async throws -> FleetError {
        let failure = try await store.currentFailures()[node]
        return FleetError(
            "node-not-seen",
            failure.map { "\(node) was never seen; the last attempt failed: \($0.error.message)" }
                ?? "\(node) was not looked at yet.", advice: failure?.error.advice ?? "Run: vfiofleet detect \(node).")
    }

    private func show(
        _ node: NodeName, _ seen: StoredObservation, _ rollouts: [StoredRollout], _ context: Context
    ) {
        let facts = ProbeParser.parse(seen.answer.raw)
        let console = context.console
        let lines = NodeSummary(node: node, facts: facts).lines
        console.writeLine(console.terminal.styled("\(node)", .bold) + "  seen \(seen.lastSeen.iso8601)")
        for line in lines {
            console.writeLine("  " + line.label.padded(to: 12) + line.text)
        }
        console.writeLine()
        switch facts.functions {
        case .known(let functions): console.write(DeviceTree.render(functions, for: console.terminal))
        case .unknown(let why): console.writeLine("PCI functions: unknown (\(why.detail.printableLine))")
        }
        console.write(guests(facts))
        let standing = NodeStanding(facts, seenAt: seen.lastSeen, rollouts, of: node)
        StandingView(standing: standing, isVerbose: common.verbose).write(to: console)
        FindingsView(facts.findings).write(to: console)
    }

    private func showCritical(_ node: NodeName, _ seen: StoredObservation, _ context: Context) throws {
        let facts = ProbeParser.parse(seen.answer.raw)
        let lastSeen = seen.lastSeen.iso8601
        if json { return try context.console.writeJSON(CriticalDocument(node, lastSeen: lastSeen, facts)) }
        context.console.writeLine(context.console.terminal.styled("\(node)", .bold) + "  seen \(lastSeen)")
        CriticalView(facts).write(to: context.console)
    }

    private func guests(_ facts: NodeFacts) -> Table {
        var table = Table([.init("GUEST"), .init("KIND"), .init("STATE"), .init("DEVICES", flexible: true)])
        for guest in facts.guests.value ?? [] {
            let lines = guest.configuration.value?.split(separator: "\n").filter { $0.hasPrefix("hostpci") } ?? []
            table.add([
                .init(guest.id.description), .init(guest.kind.rawValue),
                .init(guest.state.value?.rawValue ?? "unknown"),
                .init(lines.joined(separator: "; ").printableLine),
            ])
        }
        return table
    }

    private func showHistory(_ observations: [StoredObservation], _ context: Context) throws {
        let entries = HistoryEntry.entries(observations)
        if json { return try context.console.writeJSON(entries) }
        for (index, entry) in entries.enumerated() {
            context.console.writeLine(context.console.terminal.styled("\(entry.from) … \(entry.to)", .bold))
            if index == 0 { context.console.writeLine("  first seen") }
            for change in entry.changes { context.console.writeLine(change.line) }
        }
    }
}

extension FactChange {
    /// Long values are shown by their sizes: the text itself is in the JSON.
    fileprivate var line: String {
        func brief(_ value: String?) -> String {
            guard let value else { return "absent" }
            return value.count > 120 ? "(\(value.utf8.count) bytes)" : value.printableLine
        }
        return "  \(fact.printableLine): \(brief(before)) → \(brief(after))"
    }
}
