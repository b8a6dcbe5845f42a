/// The kernel arguments for a node: its CPU decides, never its GPU.
struct WantedArguments {
    private(set) var list: [KernelArgument] = []
    private(set) var reasons: [Reason] = []

    init(_ facts: NodeFacts, _ kernel: KernelSettings) {
        let own: [KernelArgument]
        switch facts.cpu {
        case .known(let cpu) where cpu.vendor == .intel:
            own =
                kernel.intel
                ?? usual(
                    "intel_iommu=on", facts, isDefault: facts.kernelRelease.value?.isOnForIntel ?? false,
                    isNextOff: Self.isNextOff(facts))
        case .known(let cpu) where cpu.vendor == .amd:
            own = kernel.amd ?? usual("amd_iommu=on", facts, isDefault: true)
        case .known(let cpu):
            own = []
            reasons.append(
                .note(
                    .cpuNeedsNoArguments,
                    "The CPU (\(cpu.model)) is neither Intel's nor AMD's: no arguments for either."))
        case .unknown(let why):
            own = []
            if kernel.intel != [] || kernel.amd != [] { reasons.append(.incomplete("The CPU's vendor", why)) }
        }
        list = (own + kernel.all).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// `iommu=pt`, and the switch where the IOMMU would not be on without it.
    /// - Parameters:
    ///   - isDefault: the running kernel switches it on by itself.
    ///   - isNextOff: the next boot starts a kernel that does not.
    private mutating func usual(
        _ wanted: KernelArgument, _ facts: NodeFacts, isDefault: Bool, isNextOff: Bool = false
    ) -> [KernelArgument] {
        let tokens = facts.kernelCommandLine.value?.kernelTokens
        let isGiven = tokens?.contains { KernelTokens.key($0) == wanted.key } ?? true
        guard facts.iommu.isOn == .known(true), !isNextOff, isDefault || !isGiven else { return [wanted, "iommu=pt"] }
        let message = "The kernel switches the IOMMU on by itself, so \(wanted) is not asked for."
        let evidence = [
            facts.iommu.units.value.map(Seen.iommuUnits), facts.kernelCommandLine.value.map(Seen.commandLine),
        ]
        reasons.append(.note(.iommuOnByDefault, message, evidence: evidence.compactMap(\.self)))
        return ["iommu=pt"]
    }

    /// A pinned older kernel needs the argument, though the running one does not.
    private static func isNextOff(_ facts: NodeFacts) -> Bool {
        BootChoice(facts).release.map { $0 != facts.kernelRelease.value && !$0.isOnForIntel } ?? false
    }
}

extension String {
    /// Proxmox' kernels from 6.8 on are built with `CONFIG_INTEL_IOMMU_DEFAULT_ON` (pve-docs, PCI(e) passthrough).
    fileprivate var isOnForIntel: Bool { hasSuffix("-pve") && KernelVersion(self) >= KernelVersion(6, 8) }
}
