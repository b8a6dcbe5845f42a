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
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let every = try await context.controller(who).proposals()
        let shown = every.filter { all || $0.isOpen }
        if json {
            try context.console.writeJSON(shown)
        } else {
            var table = Table([
                .init("ID", right: true), .init("AT"), .init("SCHEDULE"), .init("PLAYBOOK"), .init("PLAN"),
                .init("NODES", flexible: true), .init("STATE"),
            ])
            for proposal in shown {
                table.add([
                    .init("\(proposal.id)"), .init(proposal.proposedAt), .init(proposal.schedule.printableLine),
                    .init(proposal.playbook.printableLine), .init(proposal.shortPlan),
                    .init(NameSet.fold(proposal.nodes)), .init(proposal.words),
                ])
            }
            context.console.write(table)
            if shown.isEmpty { context.console.note("No proposal is open.") }
        }
        return every.contains(where: \.isOpen) ? .attention : .good
    }
}

extension ProposalDocument {
    fileprivate var isOpen: Bool { state == "open" }
    fileprivate var shortPlan: String { String(plan.prefix(12)) }

    fileprivate var words: String {
        switch state {
        case "open": mode == Remediation.Mode.apply.rawValue ? "is being begun" : "open"
        case "begun": "rollout \(rollout ?? "")"
        case "rejected": "rejected by \((rejectedBy ?? "").printableLine)"
        default: "superseded by \(supersededBy ?? 0)"
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
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let controller = try await context.controller(who)
        let proposal = try await controller.proposal(id)
        let (plan, digest) = try await controller.plan(beginning: proposal.plan)
        let view = PlanView(
            plan: plan, digest: digest, isVerbose: common.verbose, terminal: context.console.terminal)
        context.console.write(view.render())
        if proposal.isOpen { context.console.note("Approve it with: vfiofleet apply --plan \(proposal.shortPlan)") }
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
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        try await context.controller(who).reject(id)
        context.console.writeLine("Rejected the proposal \(id).")
        return .good
    }
}
