internal import ArgumentParser
internal import Fleet
internal import Store

/// Some nodes of one roll-out.
struct RolloutNodes: ParsableArguments {
    @Argument(help: "The nodes: a selector.") var nodes: String
    @Option(help: "The roll-out; the latest one when left out.") var rollout: String?

    func resolve(in store: Store, _ context: Context) async throws -> (rollout: Fleet.Rollout, nodes: [NodeName]) {
        var argument = RolloutArgument()
        argument.rollout = rollout
        let id = try await argument.resolve(in: store)
        let found = try await store.rollout(id).rollout
        return (found, try await context.select(nodes, in: store).map(\.name))
    }
}
