internal import ArgumentParser
internal import Fleet

struct PlanCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Show what a playbook would change, node by node, and why.",
        discussion: """
            Looks at the nodes first, unless --stored. Changes nothing on them. The plan is kept under its digest, for \
            apply --plan.

            Exit status: 0 nothing to do, 2 changes are due, 1 an error, or a node that is blocked or unreachable.

            Examples:
              vfiofleet plan playbooks/gpu-passthrough.yaml
              vfiofleet plan playbooks/gpu-passthrough.yaml 'pve[01-08]' --json
            """)

    @OptionGroup var target: PlaybookArgument
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var risk: RiskOption
    @OptionGroup var override: OverrideOption
    @Flag(help: "Plan from what was seen last, without looking again.") var stored = false
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let wish = PlanWish(
            file: try target.file(), isLooking: !stored, maxRisk: risk.maxRisk, overrides: try override.overrides())
        let (plan, digest) = try await SweepRunner(
            console: context.console, controller: try await context.controller(who, ssh)
        ).plan(wish)
        try PlanView.show(plan, digest, asJSON: json, isVerbose: common.verbose, context)
        return plan.outcome
    }
}

extension FleetPlan {
    /// Changes count before blockers, because they are what a next command can act on.
    var outcome: Outcome {
        if summary.change > 0 { return .attention }
        return summary.blocked + summary.unreachable > 0 ? .failed : .good
    }
}
