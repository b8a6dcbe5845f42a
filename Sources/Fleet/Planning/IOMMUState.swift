/// Whether the IOMMU is on, and if not, what keeps it off.
enum IOMMUState: Hashable, Sendable {
    case on
    /// A kernel argument would switch it on, or one that switches it off goes away.
    case offUntilReboot(String)
    /// An argument that nobody asked to change switches it off.
    case disabled(by: String)
    /// The firmware does not offer it.
    case offInFirmware(String)
    case unknown(Unknown)

    /// `wanted` = the arguments that the node will get.
    init(_ facts: NodeFacts, wanted: [KernelArgument]) {
        switch facts.iommu.isOn {
        case .known(true): self = .on
        case .unknown(let why): self = .unknown(why)
        case .known(false): self = Self.cause(facts, wanted)
        }
    }

    private static func cause(_ facts: NodeFacts, _ wanted: [KernelArgument]) -> Self {
        guard case .known(let line) = facts.kernelCommandLine else {
            return .unknown(Unknown(.notCollected, "The IOMMU is off, and the kernel's command line is not known."))
        }
        let tokens = line.kernelTokens
        if let token = disablingToken(tokens, facts.cpu.value?.vendor) {
            let key = KernelTokens.key(token)
            return wanted.contains { $0.key == key }
                ? .offUntilReboot("The running kernel was booted with “\(token)”.") : .disabled(by: token)
        }
        switch facts.cpu.value?.vendor {
        case .intel: return intel(facts, tokens, wanted)
        case .amd:
            return .offInFirmware("The kernel switches AMD's IOMMU on by itself, and found none.")
        case .other, nil:
            return .offInFirmware("The kernel found no IOMMU (an SMMU on ARM), or none that is before the PCI bus.")
        }
    }

    private static func intel(_ facts: NodeFacts, _ tokens: [String], _ wanted: [KernelArgument]) -> Self {
        if tokens.contains(where: { KernelTokens.fulfils($0, "intel_iommu=on") }) {
            return .offInFirmware("The kernel was booted with intel_iommu=on, and found no IOMMU.")
        }
        if let log = facts.kernelLog.value, !log.contains(where: { $0.contains(substring: "DMAR") }) {
            return .offInFirmware("The kernel log has no line about a DMAR table, which the firmware provides.")
        }
        guard wanted.contains(where: { KernelTokens.fulfils($0.description, "intel_iommu=on") }) else {
            return .disabled(by: "the lack of intel_iommu=on")
        }
        return .offUntilReboot("The running kernel was booted without intel_iommu=on.")
    }

    /// The token that keeps the IOMMU off, if there is one; `intel_iommu=` counts as it stands last. One for the other
    /// vendor's IOMMU has no effect (`drivers/iommu/intel`, `drivers/iommu/amd`).
    static func disablingToken(_ tokens: [String], _ vendor: CPU.Vendor?) -> String? {
        let last = tokens.last { KernelTokens.key($0) == "intel_iommu" }
        if vendor != .amd, let last, KernelTokens.options(last).contains("off") { return last }
        let keys = vendor == .intel ? ["iommu"] : ["iommu", "amd_iommu"]
        return tokens.first { keys.contains(KernelTokens.key($0)) && KernelTokens.options($0).contains("off") }
    }

    /// vfio takes no device without interrupt remapping, unless it is told to (`vfio_iommu_type1_attach_group`). Other
    /// platforms than x86 have other means for it, which the kernel tests by itself.
    static func interruptReasons(_ facts: NodeFacts) -> [Reason] {
        guard facts.iommu.isOn == .known(true), facts.iommu.interruptRemapping == .known(false),
            [.intel, .amd].contains(facts.cpu.value?.vendor), !allowsUnsafeInterrupts(facts)
        else { return [] }
        let message =
            "The node does not remap interrupts, and vfio takes no device then. Switch it on in the firmware's settings "
            + "(“interrupt remapping”, “x2APIC”), and take intremap=off or nointremap off the command line."
        let evidence = facts.kernelCommandLine.value.map { [Seen.commandLine($0)] } ?? []
        return [.blocker(.interruptRemappingOff, message, evidence: evidence + [Seen.remapping])]
    }

    static func allowsUnsafeInterrupts(_ facts: NodeFacts) -> Bool {
        if facts.iommu.allowsUnsafeInterrupts == .known(true) { return true }
        let option = FindingScope.unsafeOption
        let tokens = facts.kernelCommandLine.value?.kernelTokens ?? []
        let options = facts.modules.configuration.value?.options["vfio_iommu_type1"] ?? []
        return (tokens + options.map { "vfio_iommu_type1.\($0)" }).contains { token in
            KernelTokens.key(token) == "vfio_iommu_type1.\(option)"
                && FindingScope.isTrue(String(token.dropFirst(KernelTokens.key(token).utf8.count + 1)))
        }
    }

    /// What it means for a plan that hands devices over.
    func reasons(_ facts: NodeFacts) -> [Reason] {
        let evidence =
            [facts.iommu.units.value.map(Seen.iommuUnits), facts.kernelCommandLine.value.map(Seen.commandLine)]
            .compactMap(\.self)
        switch self {
        case .on: return []
        case .unknown(let why): return [.incomplete("Whether the IOMMU is on", why)]
        case .disabled(let token):
            let message = "The IOMMU is off because of \(token); take it off the command line or list the opposite."
            return [.blocker(.iommuDisabledByArgument, message, evidence: evidence)]
        case .offInFirmware(let why):
            let log = facts.kernelLog.value.map { [Seen.kernelLog($0)] } ?? []
            let advice =
                switch facts.cpu.value?.vendor {
                case .intel: "Switch on VT-d in the firmware's settings."
                case .amd: "Switch on IOMMU (and SVM) in the firmware's settings."
                case .other: "See whether the board has one, and the firmware shows it (ACPI IORT, device tree)."
                case nil: "Switch on VT-d (Intel) or IOMMU/SVM (AMD) in the firmware's settings."
                }
            return [.blocker(.iommuOffInFirmware, "The IOMMU is off: \(why) \(advice)", evidence: evidence + log)]
        case .offUntilReboot(let why):
            let message =
                "\(why) Which functions share a group shows only after the reboot; guests get no device before that."
            return [.warning(.groupsUnknown, message, evidence: evidence)]
        }
    }
}
