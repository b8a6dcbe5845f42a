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

    @Argument(help: "The roll-out; the latest one when left out.") var rollout: String?
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let id = try await RolloutCommand.resolve(rollout, in: store)
        return try await RolloutRunner(context: context, store: store, ssh: ssh).run(id)
    }
}
