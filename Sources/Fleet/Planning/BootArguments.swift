/// Arguments that the next boot brings and this one did not have, and that decide what becomes of it: whether the node
/// comes up at all, and whether guests can get devices then. The playbook's own are among them, and what others wrote
/// into the boot settings and never booted.
struct BootArguments {
    private(set) var reasons: [Reason] = []
    private let facts: NodeFacts
    private let line: NextCommandLine
    /// What the playbook asks for.
    private let wanted: Set<String>

    /// - Parameter iommu: nil where no devices are wanted, so that it does not matter.
    init(_ facts: NodeFacts, _ line: NextCommandLine, wanted: [KernelArgument], iommu: IOMMUState?) {
        self.facts = facts
        self.line = line
        self.wanted = Set(wanted.map(\.description))
        judgeBoot()
        if let iommu, iommu.reasons(facts).hasBlocker == false { judgeIOMMU() }
    }

    private mutating func judgeBoot() {
        guard let now = line.now else { return }
        for token in line.then where Self.decidesBoot(token) && !now.contains(token) {
            let isAsked = wanted.contains(token)
            let message =
                "“\(token)”, which \(isAsked ? "the playbook asks for" : "the boot settings hold"), decides what the node "
                + "boots, and it has not been booted with it yet: it may not come up, or not as far as its network."
            reasons.append(
                Reason(
                    isAsked ? .blocker : .warning, .argumentDecidesBoot, message,
                    evidence: evidence))
        }
    }

    private mutating func judgeIOMMU() {
        if let token = IOMMUState.disablingToken(line.then, facts.cpu.value?.vendor) {
            let message = "The next boot has the IOMMU off because of “\(token)”, and no guest gets a device then."
            reasons.append(.blocker(.iommuDisabledByArgument, message, evidence: evidence))
        }
        if let token = line.then.last(where: { Self.interruptTokens.contains($0) }),
            !IOMMUState.allowsUnsafeInterrupts(facts)
        {
            let message =
                "The next boot does not remap interrupts because of “\(token)”, and vfio takes no device then."
            reasons.append(.blocker(.interruptRemappingOff, message, evidence: evidence))
        }
    }

    private var evidence: [Evidence] { line.now.map { [Seen.commandLine($0.joined(separator: " "))] } ?? [] }

    /// Both switch it off for every vendor (`drivers/iommu/irq_remapping.c`).
    private static let interruptTokens: Set<String> = ["nointremap", "intremap=off"]

    /// Which root file system, which first program, and how far: after kernel-parameters.txt, bootparam(7),
    /// initramfs-tools(7) and kernel-command-line(7).
    private static let keys: Set<String> = [
        "root", "rootfstype", "rootflags", "nfsroot", "init", "rdinit", "boot", "initrd", "noinitrd", "break",
        "rd.break",
        "rd.systemd.unit", "single", "s", "S", "1", "rescue", "emergency", "-b",
    ]

    private static let usualTargets: Set<String> = ["default.target", "graphical.target", "multi-user.target"]

    static func decidesBoot(_ token: String) -> Bool {
        let key = KernelTokens.key(token)
        return switch key {
        case "systemd.unit": !usualTargets.contains(KernelTokens.value(token))
        // Without either the kernel finds no disks and no IOMMU on today's machines.
        case "acpi", "pci": KernelTokens.options(token).contains("off")
        default: keys.contains(key)
        }
    }
}
