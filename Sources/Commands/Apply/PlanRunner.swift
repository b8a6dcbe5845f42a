internal import Fleet

/// Shows a plan, asks, and carries it out.
struct PlanRunner {
    var context: Context
    var controller: any Controller
    /// Not to ask.
    var yes: Bool
    /// It was shown before, and named by its digest: the summary is enough.
    var isKnown = false
    /// What the command line names to be let pass.
    var overrides: [NodeOverride] = []

    func carryOut(_ plan: FleetPlan, _ digest: ContentDigest) async throws -> Outcome {
        let view = PlanView(
            plan: plan, digest: digest, isVerbose: context.common.verbose, terminal: context.console.errors)
        context.console.note(isKnown ? view.summary() : view.render())
        guard plan.summary.change > 0 else {
            context.console.writeLine("Nothing to do.")
            return plan.outcome
        }
        guard try agreesToOverrides(of: plan), try approve(plan) else {
            context.console.note("Nothing was changed.")
            return .failed
        }
        return try await RolloutRunner(console: context.console, controller: controller).begin(plan, digest)
    }

    /// What is overridden is agreed to by writing it again: on a terminal the node's name, whatever `--yes` says; elsewhere
    /// the option itself.
    private func agreesToOverrides(of plan: FleetPlan) throws -> Bool {
        let inForce = plan.overrides
        guard !inForce.isEmpty else { return true }
        guard context.console.canAsk else {
            let missing = inForce.filter { !overrides.contains($0) }
            guard let first = missing.first else { return true }
            throw FleetError(
                "override-not-confirmed", "The plan overrides \(missing.map(\.description).joined(separator: ", ")).",
                advice: "To agree to that where nobody can be asked, name each: --override \(first).")
        }
        let nodes = Dictionary(grouping: inForce, by: \.node).sorted { $0.key < $1.key }
        return nodes.allSatisfy { node, overrides in
            let codes = overrides.map(\.reason.rawValue).joined(separator: ", ")
            return context.console.ask("\(codes) is overridden. Type the node's name to agree:") == node.description
        }
    }

    /// Without a terminal only `--yes` is a yes.
    private func approve(_ plan: FleetPlan) throws -> Bool {
        if yes { return true }
        guard context.console.canAsk else {
            throw FleetError(
                "confirmation-needed", "Nobody can be asked whether to go on: this is no terminal.",
                advice: "Read the plan, then repeat the command with --yes.")
        }
        let summary = plan.summary
        let reboots = summary.reboots > 0 ? ", rebooting \(summary.reboots)" : ""
        return context.console.confirm("Change \(summary.change) node\(summary.change == 1 ? "" : "s")\(reboots)?")
    }
}
