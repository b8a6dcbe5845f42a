internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store

/// Some nodes of one roll-out.
struct RolloutNodes: ParsableArguments {
    @Argument(help: "The nodes: a selector.") var nodes: String
    @Option(help: "The roll-out; the latest one when left out.") var rollout: String?

    func resolve(with controller: any Controller) async throws -> (rollout: Fleet.Rollout, nodes: [NodeName]) {
        var argument = RolloutArgument()
        argument.rollout = rollout
        let id = try await argument.resolve(with: controller)
        let found = try await controller.rollout(id).stored.rollout
        return (found, try await controller.nodes(nodes))
    }
}
