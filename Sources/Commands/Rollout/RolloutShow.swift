internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Forms
internal import Store

struct RolloutShow: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show where each node of a roll-out stands, and its journal.",
        discussion: """
            Examples:
              vfiofleet rollout show
              vfiofleet rollout show 20260501-101500-4f2a --journal
              vfiofleet rollout show --json
            """)

    @OptionGroup var target: RolloutArgument
    @Flag(help: "As JSON, with the journal.") var json = false
    @Flag(help: "The journal too.") var journal = false
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let controller = try await context.controller(who)
        let kept = try await controller.rollout(try await target.resolve(with: controller))
        let (stored, left) = (kept.stored, kept.secondsLeft)
        let entries = json || journal ? try await controller.journal(of: stored.rollout.id) : []
        if json {
            try context.console.writeJSON(RolloutDocument(stored, journal: entries, secondsLeft: left))
            return .good
        }
        context.console.write(table(stored.rollout))
        context.console.write(RolloutView.summary(of: stored.rollout, context.console.terminal))
        if stored.isAbandoned(at: Context.now) {
            context.console.writeLine(
                "nobody drives it at this moment; go on with it: vfiofleet rollout resume \(stored.rollout.id)")
        } else if let left {
            context.console.writeLine("\(about(seconds: left)) left")
        }
        for entry in entries {
            context.console.writeLine(
                "\(entry.number)  \(entry.event.at.iso8601)  \(entry.event.kind.phrase.printableLine)")
        }
        return .good
    }

    private func table(_ rollout: Fleet.Rollout) -> Table {
        var table = Table([
            .init("NODE"), .init("WAVE", right: true), .init("STATE"),
            .init("BOOT BEFORE", flexible: true, dispensable: true),
            .init("BOOT AFTER", flexible: true, dispensable: true),
        ])
        for node in rollout.nodes where node.hasWork {
            table.add([
                .init(node.node.description), .init("\(node.wave + 1)"),
                .init(node.state.step?.name ?? node.state.word, node.state.result?.style ?? .plain),
                .init(node.bootBefore?.description ?? ""), .init(node.bootAfter?.description ?? ""),
            ])
        }
        return table
    }
}
