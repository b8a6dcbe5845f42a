internal import ArgumentParser
internal import Fleet

struct RolloutSuspend: RolloutAction {
    static let configuration = CommandConfiguration(
        commandName: "suspend", abstract: "Let a roll-out that runs elsewhere finish what is in flight, then stop.",
        discussion: """
            As Ctrl-C in the terminal that drives it. Waits until no node is under way.

            Example:
              vfiofleet rollout suspend
            """)

    @OptionGroup var target: RolloutArgument
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func act(on rollout: RolloutID, with runner: RolloutRunner) async throws -> Outcome {
        try await runner.suspend(rollout)
    }
}
