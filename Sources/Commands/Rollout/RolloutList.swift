internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Forms
internal import Store

struct RolloutList: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List roll-outs, the newest first.",
        discussion: """
            Examples:
              vfiofleet rollout list
              vfiofleet rollout list --last 3 --json
            """)

    @Option(help: "How many.") var last = 20
    @Flag(help: "As JSON.") var json = false
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let rollouts = try await context.controller(who).rollouts(latest: last)
        if json {
            try context.console.writeJSON(rollouts.map { RolloutDocument($0) })
            return .good
        }
        var table = Table([
            .init("ROLLOUT"), .init("STARTED"), .init("BY"), .init("NODES", right: true),
            .init("STATE", flexible: true),
        ])
        for stored in rollouts {
            table.add([
                .init(stored.rollout.id.description), .init(stored.createdAt.iso8601),
                .init(stored.createdBy.printableLine),
                .init("\(stored.rollout.nodes.count(where: \.hasWork))"), .init(Self.state(of: stored)),
            ])
        }
        context.console.write(table)
        if rollouts.isEmpty { context.console.note("There was no roll-out yet.") }
        return .good
    }

    private static func state(of stored: StoredRollout) -> String {
        stored.rollout.phase.phrase + (stored.isAbandoned(at: Context.now) ? "; nobody drives it" : "")
    }
}
