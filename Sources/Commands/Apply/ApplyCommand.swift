internal import ArgumentParser
internal import Engine
internal import Fleet
internal import Foundation
internal import Store

struct ApplyCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Carry out a plan: write, rebuild, reboot in turn, prove, set the guests.",
        discussion: """
            A canary goes first, then batches; the first failure stops the roll-out. Every file is backed up on its node \
            before. A node whose facts changed since the plan is refused. Interrupted roll-outs go on with \
            vfiofleet rollout resume.

            Exit status: 0 done and proven, or nothing to do; 1 anything else.

            Examples:
              vfiofleet apply playbooks/gpu-passthrough.yaml
              vfiofleet apply --plan 3f2a9c11 --yes
              vfiofleet apply nic.yaml pve01 --override pve01:device-used-by-host
            """)

    @Argument(help: "The playbook's file.") var playbook: String?
    @OptionGroup var selection: SelectorArgument
    @Option(help: ArgumentHelp("Carry out this plan, named by the beginning of its digest.", valueName: "digest"))
    var plan: String?
    @OptionGroup var risk: RiskOption
    @OptionGroup var override: OverrideOption
    @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
    @OptionGroup var ssh: SSHOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (playbook == nil) != (plan == nil) else {
            throw ValidationError("Name a playbook, or a plan with --plan.")
        }
        if plan != nil, risk.maxRisk != nil {
            throw ValidationError(
                "--max-risk gates a plan when it is made; a plan named with --plan is approved as it is.")
        }
    }

    func execute(in context: Context) async throws -> Outcome {
        let store = try context.openStore()
        let (plan, digest) = try await approved(context, store)
        guard !plan.playbook.settings.complianceOnly else {
            throw FleetError(
                "compliance-only", "The playbook \(plan.playbook.name) only observes; it changes nothing.",
                advice: "Use it with vfiofleet verify.")
        }
        return try await PlanRunner(
            context: context, store: store, ssh: ssh, yes: yes, isKnown: self.plan != nil,
            overrides: try override.overrides()
        ).carryOut(plan, digest)
    }

    private func approved(_ context: Context, _ store: Store) async throws -> (FleetPlan, ContentDigest) {
        if let prefix = plan {
            let digest = try await store.planDigest(beginning: prefix)
            return (try await store.plan(digest), digest)
        }
        let argument = PlaybookArgument.named(playbook ?? "", selection)
        let (playbook, targets) = try await argument.resolve(context, store)
        return try await Planning(context: context, store: store, ssh: ssh)
            .plan(playbook, for: targets, looking: true, maxRisk: risk.maxRisk, overrides: try override.overrides())
    }
}
