internal import Fleet
internal import Store

/// A command that drives one roll-out.
protocol RolloutAction: FleetCommand {
    var target: RolloutArgument { get }
    var ssh: SSHOptions { get }
    func act(on rollout: RolloutID, with runner: RolloutRunner) async throws -> Outcome
}

extension RolloutAction {
    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let runner = RolloutRunner(context: context, store: store, ssh: ssh)
        return try await act(on: try await target.resolve(in: store), with: runner)
    }
}
