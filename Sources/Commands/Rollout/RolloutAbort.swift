internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Store

struct RolloutAbort: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "End an interrupted or suspended roll-out.",
        discussion: """
            Nodes in the middle of a step are brought to their end, as with resume; all others are held, untouched. A \
            roll-out that runs elsewhere is stopped there first, with Ctrl-C.

            Example:
              vfiofleet rollout abort
            """)

    @Argument(help: "The roll-out; the latest one when left out.") var rollout: String?
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let id = try await RolloutCommand.resolve(rollout, in: store)
        return try await RolloutRunner(context: context, store: store, ssh: ssh).run(id, order: .abort)
    }
}
