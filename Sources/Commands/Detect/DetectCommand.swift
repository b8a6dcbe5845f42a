internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Forms
internal import Store

struct DetectCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "detect", abstract: "Look at nodes and keep what they are.",
        discussion: """
            One SSH round trip for each node; nothing is changed on it. Ctrl-C ends it early; what was seen is kept.

            Exit status: 0 all were observed, 1 a node could not be observed, 130 interrupted.

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
        let (summary, wasInterrupted) = try await SweepRunner(context: context, store: store, ssh: ssh)
            .run(nodes, showing: !json)
        if json {
            try context.console.writeJSON(SweepDocument(summary, nodes.map(\.name)))
        } else {
            report(summary, of: nodes.count, context.console)
        }
        if wasInterrupted { return .interrupted }
        return summary.failed.isEmpty ? .good : .failed
    }

    private func report(_ summary: SweepSummary, of total: Int, _ console: Console) {
        let (observed, failed) = (summary.observed.count, summary.failed.count)
        let rest = total - observed - failed
        console.writeLine(
            "\(observed) observed, \(summary.changed.count) changed, \(failed) failed"
                + (rest > 0 ? ", \(rest) not looked at" : ""))
        if observed > 0, rest == 0 { console.note("Next: vfiofleet gpus, and vfiofleet plan PLAYBOOK.") }
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
                node: name, observed: summary.observed.contains(name), changed: summary.changed.contains(name),
                error: summary.failed[name])
        }
    }
}
