internal import ArgumentParser
internal import Fleet
internal import Forms

struct RolloutRequests: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests", abstract: "List the roll-outs that somebody asked for and nobody has decided yet.",
        discussion: """
            Exit status: 0 none is open, 2 at least one is.

            Example:
              vfiofleet rollout requests --json
            """)

    @Flag(help: "As JSON.") var json = false
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let open = try await context.controller(who).requests()
        if json {
            try context.console.writeJSON(open)
        } else {
            var table = Table([.init("ID", right: true), .init("PLAN"), .init("BY", flexible: true), .init("AT")])
            for request in open {
                table.add([
                    .init("\(request.id)"), .init(String(request.plan.prefix(12))),
                    .init(request.askedBy.printableLine), .init(request.askedAt),
                ])
            }
            context.console.write(table)
            if open.isEmpty { context.console.note("Nobody waits for a roll-out to begin.") }
        }
        return open.isEmpty ? .good : .attention
    }
}

struct RolloutApprove: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Let a roll-out begin that somebody asked for.",
        discussion: """
            The controller carries it out; who asked for it follows it. It takes the role approver, and with four-eyes \
            somebody else than who asked. See docs/service.md.

            Example:
              vfiofleet rollout approve 3
            """)

    @Argument(help: "The number of what was asked for.") var id: Int64
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        context.console.writeLine("rollout \(try await context.controller(who).approve(id))")
        return .good
    }
}

struct RolloutRefuse: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "refuse", abstract: "Decide that a roll-out does not begin, or take back that it was asked for.",
        discussion: """
            Example:
              vfiofleet rollout refuse 3
            """)

    @Argument(help: "The number of what was asked for.") var id: Int64
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        try await context.controller(who).refuse(id)
        context.console.writeLine("Refused \(id).")
        return .good
    }
}
