internal import ArgumentParser
internal import Fleet

struct RolloutResume: RolloutAction {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with an interrupted or suspended roll-out.",
        discussion: """
            Nodes that were in the middle of a step are looked at first; no node is rebooted twice.

            Example:
              vfiofleet rollout resume
            """)

    @OptionGroup var target: RolloutArgument
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func act(on rollout: RolloutID, with runner: RolloutRunner) async throws -> Outcome {
        try await runner.resume(rollout)
    }
}
