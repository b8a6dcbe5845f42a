internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Store

struct UndoCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Put nodes back to the bytes from before the first roll-out.",
        discussion: """
            Takes back what the notes on each node say that roll-outs did: files byte for byte, with their permissions, and \
            guests' options; then rebuilds, reboots, and proves it. What others changed since stays: their lines of a file, \
            their values of options. Where that would contradict what goes back, the node is blocked with all versions named.

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
