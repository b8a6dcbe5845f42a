/// Decides what one node needs. Pure: the same facts and settings always give the same plan.
public enum Planner {
    /// The plan for one node. `facts` nil = the node could not be asked.
    ///
    /// A plan with the verdict `change` is one that, as far as the facts tell, ends in compliance; what is known to
    /// end otherwise is blocked. A blocked plan holds no files, commands or guest changes, so that nothing of it can
    /// be applied.
    public static func plan(node: NodeName, facts: NodeFacts?, settings: NodeSettings) -> NodePlan {
        guard let facts else {
            let reason = Reason.blocker(.nodeUnreachable, "\(node) could not be asked, so nothing is known about it.")
            return NodePlan(node: node, verdict: .unreachable, reasons: [reason])
        }
        let situation = Situation(facts, settings)
        guard !settings.complianceOnly else { return situation.observed(node) }
        guard !situation.isLeftAlone else {
            return NodePlan(node: node, verdict: .unchanged, reasons: situation.resolution.reasons)
        }
        return situation.plan(node)
    }

    /// What `qm set` shall change now, judged by facts from after the reboot. Where a reason is a blocker there are no
    /// changes: before any guest gets a device, the groups must be known and free of what the host needs.
    public static func guestChanges(facts: NodeFacts, settings: NodeSettings) -> GuestDecision {
        let situation = Situation(facts, settings)
        var reasons = situation.reasons
        if !settings.guests.isEmpty, situation.iommu != .on, !reasons.hasBlocker {
            reasons.append(.blocker(.iommuOffInFirmware, "The IOMMU is still off, so no guest can get a device."))
        }
        let guests = GuestPlan(facts, settings, situation.resolution.devices, in: situation.index)
        reasons += guests.reasons
        return GuestDecision(changes: reasons.hasBlocker ? [] : guests.changes, reasons: reasons.ordered)
    }
}

/// Which guest changes may be made now, and why.
public struct GuestDecision: Hashable, Sendable {
    public var changes: [GuestChange]
    public var reasons: [Reason]

    /// What forbids the changes; there are none of these when there are changes.
    public var blockers: [Reason] { reasons.filter { $0.severity == .blocker } }
}

/// A node's facts seen in the light of the settings: which devices are meant, and whether they can be taken.
struct Situation {
    let facts: NodeFacts
    let settings: NodeSettings
    let critical: HostCritical
    let index: PCIIndex
    let resolution: DeviceResolution
    let arguments: WantedArguments
    let iommu: IOMMUState
    let binding: BindingPlan
    /// About devices, groups and the IOMMU; not about files and guests.
    private(set) var reasons: [Reason] = []

    init(_ facts: NodeFacts, _ settings: NodeSettings) {
        self.facts = facts
        self.settings = settings
        critical = HostCritical(facts)
        index = PCIIndex(facts.functions.value ?? [], critical: critical)
        resolution = DeviceResolution(facts.functions.value == nil ? [] : settings.devices, in: index)
        arguments = WantedArguments(facts, settings.kernel)
        iommu = IOMMUState(facts, wanted: arguments.list)
        binding = BindingPlan(resolution.devices, facts, settings, in: index)
        guard !settings.devices.isEmpty else { return }
        if case .unknown(let why) = facts.functions {
            reasons.append(.incomplete("Which PCI functions the node has", why))
            return
        }
        if case .unknown(let why) = facts.hostUses {
            reasons.append(.incomplete("What the host itself uses its PCI functions for", why))
        }
        reasons += resolution.reasons
        guard !resolution.devices.isEmpty else { return }
        reasons += iommu.reasons(facts) + IOMMUState.interruptReasons(facts) + lockdown
        reasons += safety.reasons(groupsKnown: iommu == .on)
    }

    /// vfio works all the same; what people do beside it may not.
    private var lockdown: [Reason] {
        guard case .known(let level) = facts.lockdown, level != .none else { return [] }
        let message =
            "The kernel is locked down (\(level.rawValue)): modules without a signature it knows are refused, such as those "
            + "DKMS builds, and tools that write to PCI devices past the kernel (setpci, flashing a card) fail. vfio-pci works."
        let evidence = Evidence(command: "cat /sys/kernel/security/lockdown", output: "[\(level.rawValue)]")
        return [.note(.kernelLockedDown, message, evidence: [evidence])]
    }

    var safety: DeviceSafety {
        DeviceSafety(facts: facts, critical: critical, index: index, devices: resolution.devices, settings: settings)
    }

    /// Every request is for a device that need not be there, and none is.
    var isLeftAlone: Bool {
        !settings.devices.isEmpty && resolution.devices.isEmpty && facts.functions.value != nil
            && !resolution.reasons.hasBlocker
    }

    var wanted: [WantedFunction] {
        resolution.devices.flatMap { device in
            device.functions.map { WantedFunction(address: $0.address, id: $0.id, request: device.request.name) }
        }
    }

    var configuration: ConfigurationPlan {
        ConfigurationPlan(facts, settings, binding, in: index, arguments: arguments)
    }

    private func bootArguments(_ configuration: ConfigurationPlan) -> BootArguments {
        BootArguments(
            facts, configuration.commandLine, wanted: configuration.arguments,
            iommu: resolution.devices.isEmpty ? nil : iommu)
    }

    func observed(_ node: NodeName) -> NodePlan {
        let note = Reason.note(.complianceOnly, "This playbook only observes: verify tells how the node stands.")
        return NodePlan(node: node, verdict: .unchanged, reasons: [note], wanted: wanted)
    }

    func plan(_ node: NodeName) -> NodePlan {
        let configuration = configuration
        let guests = GuestPlan(facts, settings, resolution.devices, in: index, reboots: configuration.reboot)
        let evacuation = configuration.reboot ? EvacuationPlan(facts, settings, changing: guests.changes) : nil
        let boot = configuration.reboot ? NextBoot(self, configuration) : nil
        var all = reasons + configuration.reasons + guests.reasons + (evacuation?.reasons ?? [])
        if configuration.reboot { all += bootArguments(configuration).reasons }
        if let boot, !all.hasBlocker { all += boot.losses + StartingGuests(self).losses(self) }
        if configuration.reboot { all += ClusterPlan(facts, changing: guests.changes).reasons }
        if iommu != .on, !guests.changes.isEmpty {
            let message = "The guests' changes are judged again after the reboot, when the IOMMU groups are known."
            all.append(.note(.guestsAfterReboot, message))
        }
        all += overrideReasons(all, reboot: configuration.reboot)
        if all.hasBlocker {
            return NodePlan(node: node, verdict: .blocked, reasons: all.ordered, wanted: wanted)
        }
        let isChange =
            !configuration.files.isEmpty || !configuration.commands.isEmpty || configuration.reboot
            || !guests.changes.isEmpty
        var plan = NodePlan(
            node: node, verdict: isChange ? .change : .unchanged, reasons: all.ordered, files: configuration.files,
            commands: configuration.commands, reboot: configuration.reboot, guests: guests.changes, wanted: wanted)
        plan.forecast = boot.flatMap { Forecast(plan, self, $0, configuration.commandLine) }
        plan.cluster = facts.cluster.value?.name
        plan.evacuation = evacuation?.departures
        return plan
    }
}
