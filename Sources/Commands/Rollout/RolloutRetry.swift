internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store

struct RolloutRetry: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Take nodes that failed in a roll-out up again, while it has not ended.",
        discussion: """
            For nodes that failed, are lost, put themselves back or were skipped, once the cause is mended: they begin from \
            their first step, and what an earlier try has done is not done twice. Works while the roll-out goes on with the \
            others (failure-budget), here or elsewhere, and while it is suspended. For one that has ended, apply makes a new \
            plan of what is left.

            Examples:
              vfiofleet rollout retry pve03
              vfiofleet rollout retry 'pve[07-08]' --rollout 20260501-101500-4f2a
            """)

    @OptionGroup var target: RolloutNodes
    @OptionGroup(title: "Who does it") var who: ControllerOptions
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let controller = try await context.controller(who)
        let (stored, wanted) = try await target.resolve(with: controller)
        let id = stored.id
        if let refusal = refusal(of: stored, wanted) { throw refusal }
        let ended = wanted.filter { stored[$0]?.canBeRetried == true }
        for node in ended { try await controller.give(.retry(node), to: id) }
        if !ended.isEmpty { context.console.writeLine("to be taken up again: \(NameSet.fold(ended))") }
        if stored.phase == .suspended { context.console.note("It is suspended. Go on: vfiofleet rollout resume \(id)") }
        let others = wanted.filter { !ended.contains($0) }
        if !others.isEmpty {
            context.console.complain(
                "\(NameSet.fold(others)): not taken up again, because \(id) is not done with them, or has no failure of them."
            )
        }
        return others.isEmpty ? .good : .failed
    }

    /// What to do instead, where nothing is taken up again any more.
    private func refusal(of rollout: Fleet.Rollout, _ wanted: [NodeName]) -> FleetError? {
        let names = NameSet.fold(wanted)
        switch rollout.phase {
        case .ended:
            return FleetError(
                "rollout-ended", "The roll-out \(rollout.id) has ended (\(rollout.phase.phrase)).",
                advice: "Plan what is left, and carry that out: vfiofleet apply PLAYBOOK '\(names)'.")
        case .stopping:
            return FleetError(
                "rollout-stopping", "The roll-out \(rollout.id) is finishing what is in flight, and then ends.",
                advice: "After that, plan what is left, and carry that out: vfiofleet apply PLAYBOOK '\(names)'.")
        case .ready, .running, .pausing, .waiting, .draining, .suspended: return nil
        }
    }
}
