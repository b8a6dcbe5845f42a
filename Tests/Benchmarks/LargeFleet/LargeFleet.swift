import ArgumentParser

/// Makes a database of many nodes, and times what is done with it.
@main
struct LargeFleet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vfiofleet-bench", abstract: "Times the engine on a large fleet; make bench runs it.",
        subcommands: [Fill.self, Plan.self, Rollouts.self, Schedules.self, Serve.self, Tell.self])
}
