internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Store

struct RolloutAbort: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "End an interrupted or suspended roll-out.",
        discussion: """
            Nodes in the middle of a step are brought to their end, as with resume; all others are held, untouched, and \
            free for another roll-out. A roll-out that runs elsewhere is stopped there first, with Ctrl-C.

            Exit status: 0 it has ended, 1 a node failed or is lost.

            Example:
              vfiofleet rollout abort
            """)

    @OptionGroup var target: RolloutArgument
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let runner = RolloutRunner(context: context, store: store, ssh: ssh)
        return try await runner.abort(try await target.resolve(in: store))
    }
}
