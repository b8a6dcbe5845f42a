internal import ArgumentParser
internal import Documents
internal import Fleet
internal import Store

/// A playbook, and the nodes it is narrowed to.
struct PlaybookArgument: ParsableArguments {
    @Argument(help: "The playbook's file.") var playbook: String
    @OptionGroup var selection: SelectorArgument

    /// The playbook and what each of its nodes shall be. A selector part that fits nothing is an error.
    func resolve(_ context: Context, _ store: Store) async throws -> (
        playbook: Playbook, targets: [PlaybookTargets.Target]
    ) {
        let playbook = try PlaybookDocument.load(playbook)
        return (playbook, try await Self.targets(of: playbook, selection.selector, context, store))
    }

    static func named(_ path: String, _ selection: SelectorArgument) -> PlaybookArgument {
        var argument = PlaybookArgument()
        argument.playbook = path
        argument.selection = selection
        return argument
    }

    static func targets(
        of playbook: Playbook, _ selector: String?, _ context: Context, _ store: Store
    ) async throws -> [PlaybookTargets.Target] {
        let inventory = Inventory(nodes: try await context.select(nil, in: store))
        let narrowing = try selector.map { text throws(FleetError) in try Selector(parsing: text) } ?? .all
        let resolved = try playbook.targets(in: inventory, narrowedBy: narrowing)
        guard resolved.unmatched.isEmpty else { throw Failures(errors: resolved.unmatched) }
        guard !resolved.targets.isEmpty else {
            throw FleetError(
                "selector-no-match",
                "The playbook \(playbook.name) is for no node that “\(selector ?? "all")” selects.",
                advice: "It is for the nodes “\(playbook.nodes)”; vfiofleet inventory list shows what there is.")
        }
        return resolved.targets
    }
}
