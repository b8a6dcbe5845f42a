internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Forms
internal import Store

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
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let (playbook, targets) = try await target.resolve(context, store)
        let (plan, digest) = try await Planning(context: context, store: store, ssh: ssh)
            .plan(playbook, for: targets, looking: !stored, maxRisk: risk.maxRisk, overrides: try override.overrides())
        if json {
            try context.console.writeJSON(PlanDocument(plan, digest: digest))
        } else {
            let view = PlanView(
                plan: plan, digest: digest, isVerbose: common.verbose, terminal: context.console.terminal)
            context.console.write(view.render())
            if plan.summary.change > 0 {
                context.console.note("Next: vfiofleet apply --plan \(digest.description.prefix(12))")
            }
        }
        return plan.outcome
    }
}

/// How commands make plans: from a fresh look, so that nobody approves what is no longer so.
struct Planning {
    var context: Context
    var store: Store
    var ssh: SSHOptions

    func plan(
        _ playbook: Playbook, for targets: [PlaybookTargets.Target], looking: Bool, maxRisk: Int? = nil,
        overrides: [NodeOverride] = []
    ) async throws -> (plan: FleetPlan, digest: ContentDigest) {
        if looking {
            let (_, wasInterrupted) = try await SweepRunner(context: context, store: store, ssh: ssh)
                .run(targets.map(\.node), showing: false)
            if wasInterrupted { throw CancellationError() }
        }
        return try await PlanService(store: store, judge: DomainJudge())
            .plan(playbook, for: targets, maxRisk: maxRisk, overrides: overrides)
    }
}

extension FleetPlan {
    /// Changes count before blockers, because they are what a next command can act on.
    var outcome: Outcome {
        if summary.change > 0 { return .attention }
        return summary.blocked + summary.unreachable > 0 ? .failed : .good
    }
}
