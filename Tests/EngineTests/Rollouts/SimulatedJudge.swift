import Engine
import Fleet

/// The domain of the simulated nodes: one file, inside the initramfs, loaded by the boot, and one guest option.
struct SimulatedJudge: NodeJudge {
    private let guestOption = GuestChange.Option(key: "hostpci0", before: nil, after: "01:00.0,pcie=1")

    func plan(_ node: NodeName, _ facts: NodeFacts?, _ settings: NodeSettings) -> NodePlan {
        guard let facts else { return NodePlan(node: node, verdict: .unreachable) }
        let present = facts.files[SimulatedNode.path]?.value?.bytes
        let isWritten = present == SimulatedNode.wanted
        let guests = guestChanges(facts, settings).changes
        if isWritten, isLoaded(facts), guests.isEmpty { return NodePlan(node: node, verdict: .unchanged) }
        let file = FileChange(path: SimulatedNode.path, before: present, after: SimulatedNode.wanted)
        var plan = NodePlan(
            node: node, verdict: .change, files: isWritten ? [] : [file], commands: [.updateInitramfs],
            reboot: !isLoaded(facts), guests: guests)
        plan.evacuation = settings.evacuation == nil ? nil : []
        return plan
    }

    func guestChanges(_ facts: NodeFacts, _ settings: NodeSettings) -> (changes: [GuestChange], blockers: [Reason]) {
        let text = facts.guests.value?.first?.configuration.value ?? ""
        guard let vm = VMID("100"), !text.contains("hostpci0: ") else { return ([], []) }
        return ([GuestChange(vm: vm, options: [guestOption])], [])
    }

    func verify(_ node: NodeName, _ facts: NodeFacts, _ settings: NodeSettings) -> NodeCompliance {
        func check(_ id: CheckID, _ holds: Bool) -> CheckResult {
            CheckResult(id, holds ? .pass : .fail, holds ? "As wanted." : "Not as wanted.")
        }
        let inside = facts.kernelLog.value?.first == String(decoding: SimulatedNode.wanted, as: UTF8.self)
        return NodeCompliance(
            node: node,
            checks: [
                check(.files, facts.files[SimulatedNode.path]?.value?.bytes == SimulatedNode.wanted),
                check(.initramfs, inside), check(.driver, isLoaded(facts)),
                check(.guestConfiguration, guestChanges(facts, settings).changes.isEmpty),
            ])
    }

    private func isLoaded(_ facts: NodeFacts) -> Bool {
        facts.kernelCommandLine.value == String(decoding: SimulatedNode.wanted, as: UTF8.self)
    }
}
