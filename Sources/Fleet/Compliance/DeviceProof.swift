/// The links of the proof chain that concern the wanted functions.
extension ProofChain {
    /// The functions are where they are wanted to be.
    func present() -> [CheckResult] {
        guard !situation.settings.devices.isEmpty else { return [] }
        if facts.functions.value == nil { return [untold(.present, "Which PCI functions there are", facts.functions)] }
        let missing = situation.resolution.reasons.map { reason in
            CheckResult(
                .present, reason.severity == .blocker ? .fail : .pass, reason.message, evidence: reason.evidence)
        }
        return missing
            + situation.resolution.functions.map { function in
                CheckResult(
                    .present, device: function.address.description, .pass, "\(function.words) is there.",
                    evidence: [Seen.functions([function])])
            }
    }

    /// Each function's driver is vfio-pci, or none where nothing else can take it; and the twins' is their own.
    func drivers() -> [CheckResult] {
        situation.resolution.functions.map(driver) + situation.binding.guarded.map(twin) + strayTwins()
    }

    private func driver(_ function: PCIFunction) -> CheckResult {
        let binding = situation.binding
        if binding.keepingDriver.contains(where: { $0.address == function.address }) { return kept(function) }
        if binding.isByAddress(function) { return byAddress(function) }
        if binding.atStart.contains(where: { $0.address == function.address }) { return untilStart(function) }
        let device = function.address.description
        let evidence = [Seen.driver(of: function)]
        guard let driver = function.driver else { return unbound(function, evidence) }
        if driver.isVFIO {
            let message = "\(function.address.short) is on \(driver)\(howBound(function))."
            return CheckResult(.driver, device: device, .pass, message, evidence: evidence)
        }
        let message = "\(function.address.short) is on \(driver) instead of vfio-pci: \(whyNot(function))."
        return CheckResult(.driver, device: device, .fail, message, evidence: evidence)
    }

    /// A virtual function may be on any driver until its guest starts.
    private func untilStart(_ function: PCIFunction) -> CheckResult {
        let driver = function.driver.map { "on \($0)" } ?? "on no driver"
        let message = "\(function.address.short) is \(driver); Proxmox takes it when its guest starts."
        return CheckResult(
            .driver, device: function.address.description, .pass, message, evidence: [Seen.driver(of: function)])
    }

    private func unbound(_ function: PCIFunction, _ evidence: [Evidence]) -> CheckResult {
        let device = function.address.description
        guard let candidates = function.modules.value else {
            return CheckResult(
                .driver, device: device, .unknown,
                "\(function.address.short) has no driver, and which modules claim it could not be told.",
                evidence: evidence)
        }
        let directory = directory
        let open = candidates.filter { !$0.isVFIO && !directory.keepsOut($0) }
        guard let module = open.first else {
            let message = "\(function.address.short) has no driver, and nothing but vfio-pci can take it."
            return CheckResult(.driver, device: device, .pass, message, evidence: evidence)
        }
        let message = "\(function.address.short) has no driver: vfio-pci did not take it, and \(module) still can."
        return CheckResult(.driver, device: device, .fail, message, evidence: evidence)
    }

    /// Bound at the boot by the settings, or taken when a guest started.
    private func howBound(_ function: PCIFunction) -> String {
        let holder = runningHolder(of: function.address)
        let ids = directory.effectiveIDs()?.ids.map(\.asciiLowercased) ?? []
        if ids.contains(function.id.description) {
            return holder.map { "; VM \($0) runs with it, so how the boot would bind it can't be seen now" } ?? ""
        }
        return holder.map { ", taken when VM \($0) started and not by any setting: the next boot binds it elsewhere" }
            ?? ", though no setting asks for it: the next boot may bind it elsewhere"
    }

    func runningHolder(of address: PCIAddress) -> VMID? {
        (facts.guests.value ?? []).first { guest in
            (guest.processArguments.value ?? nil)?.contains { $0.contains(substring: "host=\(address),") } ?? false
        }?.id
    }

    private var directory: ModprobeDirectory { ModprobeDirectory(NodeFiles(facts), facts.modules) }

    /// Why another driver won.
    private func whyNot(_ function: PCIFunction) -> String {
        guard let driver = function.driver else { return "" }
        let module = function.boundModule ?? driver
        if function.isHeldByBuiltIn(facts.modules) {
            return "\(module) is compiled into the kernel, and no setting of modules keeps it from binding first"
        }
        let directory = directory
        let name = module == driver ? "it" : "its module \(module)"
        let hasSoftdep = directory.softdep(of: module)?.pre.contains(where: \.isVFIO) ?? false
        if !configuration.files.isEmpty {
            return "\(name) is loaded first, and the settings that would prevent it are not in place"
        }
        if facts.initramfs.value?.contains(where: { $0.modules.value?.contains(module) == true }) == true {
            return hasSoftdep
                ? "\(name) is in the initramfs, which does not load vfio-pci before it; rebuild it and reboot"
                : "\(name) is in the initramfs and has no softdep, so it binds before vfio-pci is loaded"
        }
        if hasSoftdep {
            return "the node was not rebooted since \(name) got its softdep, or vfio-pci could not be loaded"
        }
        return directory.keepsOut(module)
            ? "\(name) is blacklisted, and was loaded by name or before the last reboot"
            : "\(name) has no softdep, so it binds before vfio-pci is loaded"
    }

    /// Every other member of the IOMMU groups can be taken when a guest starts.
    func groups() -> [CheckResult] {
        let devices = situation.resolution.devices
        guard !devices.isEmpty else { return [] }
        guard situation.iommu == .on else {
            return [CheckResult(.group, .unknown, "There are no IOMMU groups to judge while the IOMMU is off.")]
        }
        if case .unknown = facts.hostUses { return [untold(.group, "What the host needs", facts.hostUses)] }
        return devices.map { device in
            let reasons = situation.safety.groupReasons(of: device)
            let blockers = reasons.filter { $0.severity == .blocker }
            let name = device.functions.first?.address.description
            if blockers.isEmpty, let overridden = reasons.first(where: { $0.severity == .overridden }) {
                return CheckResult(
                    .group, device: name, .pass, "Overridden: \(overridden.message)", evidence: overridden.evidence)
            }
            guard let first = blockers.first else {
                let message = "Nothing the host needs is in the IOMMU groups of “\(device.request.name)”."
                let evidence = Set(device.functions.compactMap(\.group)).sorted()
                    .map { Seen.group($0, situation.index.members(of: $0)) }
                return CheckResult(.group, device: name, .pass, message, evidence: evidence)
            }
            return CheckResult(.group, device: name, .fail, first.message, evidence: blockers.flatMap(\.evidence))
        }
    }
}
