internal import Fleet
internal import Store

/// A command that drives one roll-out.
protocol RolloutAction: FleetCommand {
    var target: RolloutArgument { get }
    var who: ControllerOptions { get }
    var ssh: SSHOptions { get }
    func act(on rollout: RolloutID, with runner: RolloutRunner) async throws -> Outcome
}

extension RolloutAction {
    func execute(in context: Context) async throws -> Outcome {
        let controller = try await context.controller(who, ssh)
        let runner = RolloutRunner(console: context.console, controller: controller)
        return try await act(on: try await target.resolve(with: controller), with: runner)
    }
}
