internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Store

struct UndoCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Put nodes back to the bytes from before the first roll-out.",
        discussion: """
            Restores the files from the backups on each node and the guests' options from the plans in the database, \
            rebuilds, reboots, and proves it. A file that somebody changed since is not overwritten: its node is blocked \
            with the reason.

            Example:
              vfiofleet undo pve01
            """)

    @Argument(help: "The nodes, as a selector.") var nodes: String
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
    @Flag(help: "Only show the plan.") var dryRun = false
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let nodes = try await context.select(nodes, in: store)
        let service = UndoService(store: store, opener: ssh.opener(asking: context.console.canAsk))
        let (plan, digest) = try await service.plan(undoing: nodes)
        let view = PlanView(plan: plan, digest: digest, isVerbose: common.verbose, terminal: context.console.terminal)
        if dryRun {
            context.console.write(view.render())
            return plan.outcome
        }
        return try await PlanRunner(context: context, store: store, ssh: ssh, yes: yes).carryOut(plan, digest)
    }
}
