internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Store

struct RolloutResume: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with an interrupted or suspended roll-out.",
        discussion: """
            Nodes that were in the middle of a step are looked at first; no node is rebooted twice.

            Example:
              vfiofleet rollout resume
            """)

    @OptionGroup var target: RolloutArgument
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let runner = RolloutRunner(context: context, store: store, ssh: ssh)
        return try await runner.resume(try await target.resolve(in: store))
    }
}
