internal import ArgumentParser
internal import Fleet
internal import Store

struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "Roll-outs: list, show, suspend, go on with, or end them.",
        discussion: """
            Examples:
              vfiofleet rollout
              vfiofleet rollout show
              vfiofleet rollout resume
            """,
        subcommands: [
            RolloutList.self, RolloutShow.self, RolloutSuspend.self, RolloutResume.self, RolloutSkip.self,
            RolloutRetry.self, RolloutAbort.self, RolloutRequests.self, RolloutApprove.self, RolloutRefuse.self,
        ],
        defaultSubcommand: RolloutList.self)
}

/// A roll-out by its name, or the latest one.
struct RolloutArgument: ParsableArguments {
    @Argument(help: "The roll-out; the latest one when left out.") var rollout: String?

    /// Fails with `rollout-unknown`.
    func resolve(with controller: any Controller) async throws -> RolloutID {
        if let rollout { return try RolloutID(named: rollout) }
        guard let latest = try await controller.rollouts(latest: 1).first else {
            throw FleetError(
                "rollout-unknown", "There was no roll-out yet.", advice: "Begin one: vfiofleet apply PLAYBOOK.")
        }
        return latest.rollout.id
    }
}

extension RolloutID {
    /// As somebody typed it; fails with `rollout-unknown`.
    init(named text: String) throws(FleetError) {
        guard let id = RolloutID(text) else {
            throw FleetError(
                "rollout-unknown", "“\(text)” is not the name of a roll-out.", advice: "Run: vfiofleet rollout list.")
        }
        self = id
    }
}
