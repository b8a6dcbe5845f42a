internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Store

struct UndoCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Take back what roll-outs did to nodes.",
        discussion: """
            Takes back what the notes on each node say that roll-outs did, or that one did: files byte for byte, with their permissions, and \
            guests' options; then rebuilds, reboots, and proves it. What the reboot brings is foreseen and held against what comes, \
            as with apply, and running guests are treated as they were then (--guests). What others changed since stays: their lines of a file, \
            their values of options. Where that would contradict what goes back, the node is blocked with all versions named.

            Examples:
              vfiofleet undo pve01
              vfiofleet undo --rollout gpu-1 --dry-run
              vfiofleet undo pve01 --guests shutdown
              vfiofleet undo 'label:rack=b' --canary 2 --max-unavailable 10% --max-risk 30
            """)

    @Argument(help: "The nodes, as a selector; all of the roll-out when left out.") var nodes: String?
    @Option(help: "Take back only what this roll-out did, on its nodes.") var rollout: String?
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
    @Flag(help: "Only show the plan.") var dryRun = false
    @Flag(help: "Show the plan as JSON; with --dry-run.") var json = false
    @OptionGroup var risk: RiskOption
    @OptionGroup(title: "How it goes over the nodes") var how: RolloutOptions
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let settings = try how.settings()
        let only = try rollout.map { try RolloutID(named: $0) }
        let nodes = try await affected(by: only, context, store)
        let opener = ssh.opener(asking: context.console.canAsk)
        let service = UndoService(store: store, opener: opener)
        let (plan, digest) = try await service.plan(
            undoing: nodes, of: only, settings: settings,
            guests: how.decidesOnGuests ? settings.guests ?? EvacuationSettings() : nil, maxRisk: risk.maxRisk)
        if dryRun {
            try PlanView.show(plan, digest, asJSON: json, isVerbose: common.verbose, context)
            return plan.outcome
        }
        let alone = LocalController(store: store, opener: opener, parallelism: ssh.parallel)
        return try await PlanRunner(context: context, controller: alone, yes: yes).carryOut(plan, digest)
    }

    func validate() throws {
        if json, !dryRun { throw ValidationError("--json shows the plan of an undo: use it with --dry-run.") }
        if nodes == nil, rollout == nil { throw ValidationError("Name the nodes to put back, or a roll-out.") }
    }

    /// The selected nodes; of a roll-out, those of its nodes that it had work on.
    private func affected(by rollout: RolloutID?, _ context: Context, _ store: Store) async throws -> [Node] {
        let selected = try await context.select(nodes, in: store)
        guard let rollout else { return selected }
        let names = Set(try await store.rollout(rollout).rollout.nodes.filter(\.hasWork).map(\.node))
        let affected = selected.filter { names.contains($0.name) }
        guard !affected.isEmpty else {
            throw FleetError(
                "selector-no-match", "Roll-out \(rollout) changed none of these nodes.",
                advice: "vfiofleet rollout show \(rollout) lists its nodes.")
        }
        return affected
    }
}
