internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Store

struct SettleCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "settle", abstract: "Give back what roll-outs took away from nodes and still owe them.",
        discussion: """
            A node that was lost comes back without the guests that its roll-out had shut down, and its cluster still counts it as away: \
            HA maintenance, Ceph's noout. `vfiofleet show NODE` says what is owed. The next apply or undo over the node gives it back, and \
            this does only that: nothing is written, and nothing is rebooted. What a fresh look shows to be settled, or chosen otherwise \
            by somebody since, is left alone.

            Examples:
              vfiofleet settle pve01
              vfiofleet settle 'pve*' --dry-run
            """)

    @Argument(help: "The nodes, as a selector.") var nodes: String
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
    @Flag(help: "Only show what would be given back.") var dryRun = false
    @Flag(help: "Show the plan as JSON; with --dry-run.") var json = false
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if json, !dryRun { throw ValidationError("--json shows the plan: use it with --dry-run.") }
    }

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let opener = ssh.opener(asking: context.console.canAsk)
        let selected = try await context.select(nodes, in: store)
        let (plan, digest) = try await UndoService(store: store, opener: opener).plan(settling: selected)
        if dryRun {
            try PlanView.show(plan, digest, asJSON: json, isVerbose: common.verbose, context)
            return plan.outcome
        }
        let alone = LocalController(store: store, opener: opener, parallelism: ssh.parallel)
        return try await PlanRunner(context: context, controller: alone, yes: yes).carryOut(plan, digest)
    }
}
