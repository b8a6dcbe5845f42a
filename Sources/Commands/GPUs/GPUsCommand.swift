internal import ArgumentParser
internal import Fleet
internal import Probe
internal import Store

struct GPUsCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "gpus", abstract: "List the GPUs and accelerators of the fleet, as last seen.",
        discussion: """
            Examples:
              vfiofleet gpus
              vfiofleet gpus 'cluster:prod' --csv > gpus.csv
            """)

    @OptionGroup var selection: SelectorArgument
    @Flag(help: "As JSON.") var json = false
    @Flag(help: "As comma-separated values.") var csv = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if json && csv { throw ValidationError("Choose one of --json and --csv.") }
    }

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let nodes = try await context.select(selection.selector, in: store).map(\.name)
        let seen = try await store.latestObservations(of: nodes)
        var cards: [GPUReport] = []
        var unseen: [NodeName] = []
        for node in nodes {
            guard let observation = seen[node] else {
                unseen.append(node)
                continue
            }
            let facts = ProbeParser.parse(observation.answer.raw)
            cards += GPUReport.cards(of: node, facts, holders: GuestDevices.holders(in: facts))
        }
        if json {
            try context.console.writeJSON(cards)
        } else if csv {
            context.console.write(GPUTable.csv(cards))
        } else {
            context.console.write(GPUTable.table(cards))
            if cards.isEmpty { context.console.note("No GPU or accelerator was seen.") }
        }
        if !unseen.isEmpty {
            context.console.note("Not seen yet: \(NameSet.fold(unseen)). Run: vfiofleet detect.")
        }
        return .good
    }
}
