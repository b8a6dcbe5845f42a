internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store

struct ProposalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proposal", abstract: "Look through plans that serve made to put right what drifted.",
        discussion: """
            A proposal is approved by carrying out its plan: vfiofleet apply --plan DIGEST.

            Examples:
              vfiofleet proposal
              vfiofleet proposal show 3
              vfiofleet proposal reject 3
            """,
        subcommands: [ProposalList.self, ProposalShow.self, ProposalReject.self], defaultSubcommand: ProposalList.self)
}

struct ProposalList: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the proposals that are open.",
        discussion: """
            Exit status: 0 none is open, 2 at least one is.

            Examples:
              vfiofleet proposal list --all
              vfiofleet proposal list --json
            """)

    @Flag(help: "Those that are decided, too.") var all = false
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let every = try await context.openStore().proposals()
        let shown = every.filter { all || $0.state == .open }
        if json {
            try context.console.writeJSON(shown.map(ProposalDocument.init))
        } else {
            var table = Table([
                .init("ID", right: true), .init("AT"), .init("SCHEDULE"), .init("PLAYBOOK"), .init("PLAN"),
                .init("NODES", flexible: true), .init("STATE"),
            ])
            for proposal in shown {
                table.add([
                    .init("\(proposal.id.rawValue)"), .init(proposal.proposedAt.iso8601), .init(proposal.schedule),
                    .init(proposal.playbook.printableLine), .init(proposal.plan.short),
                    .init(NameSet.fold(proposal.nodes)), .init(proposal.words),
                ])
            }
            context.console.write(table)
            if shown.isEmpty { context.console.note("No proposal is open.") }
        }
        return every.contains { $0.state == .open } ? .attention : .good
    }
}

extension Proposal {
    fileprivate var words: String {
        switch state {
        case .open: mode == .apply ? "is being begun" : "open"
        case .begun(let id): "rollout \(id)"
        case .rejected(let actor): "rejected by \(actor.printableLine)"
        case .superseded(let later): "superseded by \(later.rawValue)"
        }
    }
}

struct ProposalShow: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the plan of a proposal.",
        discussion: """
            Example:
              vfiofleet proposal show 3 --verbose
            """)

    @Argument(help: "The proposal's id.") var id: Int64
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let proposal = try await store.proposal(Proposal.ID(rawValue: id))
        let view = PlanView(
            plan: try await store.plan(proposal.plan), digest: proposal.plan, isVerbose: common.verbose,
            terminal: context.console.terminal)
        context.console.write(view.render())
        if proposal.state == .open {
            context.console.note("Approve it with: vfiofleet apply --plan \(proposal.plan.short)")
        }
        return .good
    }
}

struct ProposalReject: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "reject", abstract: "Decide that a proposal is not carried out.",
        discussion: """
            It is not made again for the same drift.

            Example:
              vfiofleet proposal reject 3
            """)

    @Argument(help: "The proposal's id.") var id: Int64
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        try await context.openStore().reject(Proposal.ID(rawValue: id), at: Context.now, by: Context.actor)
        context.console.writeLine("Rejected the proposal \(id).")
        return .good
    }
}
