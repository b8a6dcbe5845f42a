internal import ArgumentParser
internal import Fleet
internal import Store

struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "Roll-outs: list, show, go on with interrupted ones, or end them.",
        subcommands: [RolloutList.self, RolloutShow.self, RolloutResume.self, RolloutAbort.self],
        defaultSubcommand: RolloutList.self)

    /// The named roll-out, or the latest one. Fails with `rollout-unknown`.
    static func resolve(_ text: String?, in store: Store) async throws -> RolloutID {
        if let text {
            guard let id = RolloutID(text) else {
                throw FleetError(
                    "rollout-unknown", "“\(text)” is not the name of a roll-out.",
                    advice: "Run: vfiofleet rollout list.")
            }
            return id
        }
        guard let latest = try await store.rollouts(latest: 1).first else {
            throw FleetError(
                "rollout-unknown", "There was no roll-out yet.", advice: "Begin one: vfiofleet apply PLAYBOOK.")
        }
        return latest.rollout.id
    }
}
