internal import ArgumentParser
internal import Fleet

struct RolloutAbort: RolloutAction {
    static let configuration = CommandConfiguration(
        commandName: "abort", abstract: "End a roll-out for good.",
        discussion: """
            Nodes in the middle of a step are brought to their end, as with resume; all others are held, untouched, and \
            free for another roll-out. One that another process drives is told so, and this command waits for its end.

            Exit status: 0 it has ended, 1 a node failed or is lost.

            Example:
              vfiofleet rollout abort
            """)

    @OptionGroup var target: RolloutArgument
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func act(on rollout: RolloutID, with runner: RolloutRunner) async throws -> Outcome {
        try await runner.abort(rollout)
    }
}
