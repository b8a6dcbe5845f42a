internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Store

struct DetectCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect", abstract: "Look at nodes and keep what they are.",
        discussion: """
            One SSH round trip for each node; nothing is changed on it. Exit status 1 when a node could not be observed.

            Examples:
              vfiofleet detect
              vfiofleet detect 'pve[01-08]' --json
            """)

    @OptionGroup var selection: SelectorArgument
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let nodes = try await context.select(selection.selector, in: store)
        let sweep = Sweep(
            store: store, opener: ssh.opener(asking: context.console.terminal.canAsk), parallelism: ssh.parallel)
        let summary = try await SweepView(total: nodes.count, console: context.console, isSilent: json)
            .follow { try await sweep.run(nodes, events: $0) }
        if json {
            try context.console.writeJSON(SweepDocument(summary, nodes.map(\.name)))
        } else {
            report(summary, context.console)
        }
        return summary.failed.isEmpty ? .good : .failed
    }

    private func report(_ summary: SweepSummary, _ console: Console) {
        console.writeLine(
            "\(summary.observed) observed, \(summary.changed.count) changed, \(summary.failed.count) failed")
        if summary.observed > 0 { console.note("Next: vfiofleet gpus, and vfiofleet plan PLAYBOOK.") }
    }
}

/// `detect --json`.
struct SweepDocument: Encodable {
    struct Entry: Encodable {
        var node: NodeName
        var observed: Bool
        var changed: Bool
        var error: FleetError?
    }

    var sweep: Int64
    var nodes: [Entry]

    init(_ summary: SweepSummary, _ names: [NodeName]) {
        sweep = summary.id.rawValue
        nodes = names.map { name in
            Entry(
                node: name, observed: summary.failed[name] == nil, changed: summary.changed.contains(name),
                error: summary.failed[name])
        }
    }
}
