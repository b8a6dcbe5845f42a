import Engine
import Fleet

/// What the domain says of simulated nodes: what their plans asked for, less what a look shows to be done.
struct SimulatedDomain: NodeJudge {
    let plans: [NodeName: NodePlan]

    static let file = "/etc/default/grub"
    static let (lineBefore, lineAfter) = ("quiet splash=1", "quiet")
    private static func grub(_ line: String) -> [UInt8] { Array("GRUB_CMDLINE_LINUX=\"\(line)\"\n".utf8) }
    /// Takes an argument out, as an undo does it.
    static let change = FileChange(path: file, before: grub(lineBefore), after: grub(lineAfter))

    func plan(_ node: NodeName, _ facts: NodeFacts?, _ settings: NodeSettings) -> NodePlan {
        guard let facts, let approved = plans[node] else { return NodePlan(node: node, verdict: .unreachable) }
        var plan = approved
        plan.files = isOnDisk(approved, facts) ? [] : approved.files
        plan.reboot = approved.reboot && !isRunning(facts)
        let isBuilt = plan.files.isEmpty && !plan.reboot && isInImage(facts)
        plan.commands = isBuilt ? [] : approved.commands
        plan.guests = approved.guests.filter { isOpen($0, facts) }
        if plan.files.isEmpty, !plan.reboot, plan.commands.isEmpty, plan.guests.isEmpty { plan.verdict = .unchanged }
        return plan
    }

    /// What of a plan's guest changes is to be done still.
    func guestChanges(_ facts: NodeFacts, _ settings: NodeSettings) -> (changes: [GuestChange], blockers: [Reason]) {
        let here = Set((facts.guests.value ?? []).map(\.id))
        let all = plans.values.flatMap(\.guests).filter { here.contains($0.vm) }
        return (all.filter { isOpen($0, facts) }.sorted { $0.vm < $1.vm }, [])
    }

    func verify(_ node: NodeName, _ facts: NodeFacts, _ settings: NodeSettings) -> NodeCompliance {
        guard let plan = plans[node] else { return NodeCompliance(node: node, checks: []) }
        func check(_ id: CheckID, _ holds: Bool) -> CheckResult {
            CheckResult(id, holds ? .pass : .fail, holds ? "As wanted." : "Not as wanted.")
        }
        return NodeCompliance(
            node: node,
            checks: [
                check(.files, isOnDisk(plan, facts)), check(.initramfs, isInImage(facts)),
                check(.driver, isRunning(facts) || !plan.reboot),
                check(.guestConfiguration, !plan.guests.contains { isOpen($0, facts) }),
            ])
    }

    private func isOnDisk(_ plan: NodePlan, _ facts: NodeFacts) -> Bool {
        plan.files.allSatisfy { facts.files[$0.path]?.value?.bytes == $0.after }
    }

    private func isInImage(_ facts: NodeFacts) -> Bool {
        facts.initramfs.value?.allSatisfy { $0.newerInputs == .known([]) } ?? false
    }

    private func isRunning(_ facts: NodeFacts) -> Bool { facts.kernelCommandLine.value == Self.lineAfter }

    private func isOpen(_ change: GuestChange, _ facts: NodeFacts) -> Bool {
        guard let guest = facts.guests.value?.first(where: { $0.id == change.vm }),
            let option = change.options.first, let device = option.after ?? option.before
        else { return false }
        return guest.configuration.value?.contains("hostpci0: \(device)\n") != (option.after != nil)
    }
}
