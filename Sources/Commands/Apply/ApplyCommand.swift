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

            Where a controller runs (vfiofleet serve), it carries the plan out and goes on when this command has left; Ctrl-C \
            still has it finish what is in flight and suspend the rest. See docs/service.md.

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
    @OptionGroup(title: "Who does it") var who: ControllerOptions
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
        // Before a controller is asked for anything.
        let file = try playbook.map { try PlaybookFile($0, narrowedTo: selection.selector) }
        let controller = try await context.controller(who, ssh)
        let (plan, digest) = try await approved(file, controller, context.console)
        guard !plan.playbook.settings.complianceOnly else {
            throw FleetError(
                "compliance-only", "The playbook \(plan.playbook.name) only observes; it changes nothing.",
                advice: "Use it with vfiofleet verify.")
        }
        return try await PlanRunner(
            context: context, controller: controller, yes: yes, isKnown: self.plan != nil,
            overrides: try override.overrides()
        ).carryOut(plan, digest)
    }

    private func approved(
        _ file: PlaybookFile?, _ controller: any Controller, _ console: Console
    ) async throws -> (plan: FleetPlan, digest: ContentDigest) {
        guard let file else { return try await controller.plan(beginning: plan ?? "") }
        let wish = PlanWish(file: file, maxRisk: risk.maxRisk, overrides: try override.overrides())
        return try await SweepRunner(console: console, controller: controller).plan(wish)
    }
}
