import TestSupport

@testable import Fleet

extension Failure {
    /// IOMMU, interrupts, and what the firmware and the kernel forbid.
    static let platform: [Failure] = [
        Failure(
            number: "F1", name: "the firmware offers no IOMMU, whatever the command line says",
            sign: .plan(.blocker, .iommuOffInFirmware), says: ["VT-d", "ls /sys/class/iommu"],
            setup: { $0.arguments = "quiet intel_iommu=on iommu=pt" },
            happens: { node in
                node.facts.iommu.units = .known([])
                node.facts.iommu.groupCount = .known(0)
            }),
        Failure(
            number: "F1", name: "the command line switches the IOMMU off",
            sign: .plan(.blocker, .iommuDisabledByArgument), says: ["iommu=off"],
            wish: { $0.kernel = KernelSettings(intel: [], amd: []) },
            happens: { node in
                node.facts.kernelCommandLine = node.facts.kernelCommandLine.map { $0 + " iommu=off" }
                node.facts.iommu.units = .known([])
                node.facts.iommu.groupCount = .known(0)
            }),
        Failure(
            number: "F1", name: "the playbook itself switches the IOMMU off",
            sign: .plan(.blocker, .iommuDisabledByArgument), says: ["The next boot", "intel_iommu=off"],
            happens: { $0.settings.kernel = KernelSettings(intel: ["intel_iommu=off"]) }),
        Failure(
            number: "F1", name: "the boot settings switch the IOMMU off, and were not booted yet",
            sign: .plan(.blocker, .iommuDisabledByArgument), says: ["The next boot", "intel_iommu=off"],
            happens: { $0.file("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=off\"\n") }),
        Failure(
            number: "F24", name: "the playbook switches interrupt remapping off",
            sign: .plan(.blocker, .interruptRemappingOff), says: ["The next boot", "intremap=off"],
            happens: { $0.settings.kernel.all = ["intremap=off"] }),
        Failure(
            number: "F1", name: "the argument is absent, and the IOMMU is on all the same",
            sign: .plan(.note, .iommuOnByDefault), says: ["intel_iommu=on is not asked for"],
            wish: { $0.kernel = .guide }, happens: { $0.settings.kernel = .init() }),
        Failure(
            number: "F22", name: "Secure Boot refuses a module built on the node", sign: .finding(.unsignedModule),
            says: ["vendor-reset", "mokutil --sb-state"],
            happens: { node in
                node.facts.secureBoot = .known(true)
                node.facts.modules.builtHere = .known(["vendor-reset"])
            }),
        Failure(
            number: "F22", name: "a locked-down kernel refuses it without Secure Boot", sign: .finding(.unsignedModule),
            says: ["locked down", "/sys/kernel/security/lockdown"],
            happens: { node in
                node.facts.lockdown = .known(.integrity)
                node.facts.modules.builtHere = .known(["vendor-reset"])
            }),
        Failure(
            number: "F22", name: "the kernel is locked down", sign: .plan(.note, .kernelLockedDown),
            says: ["confidentiality"], happens: { $0.facts.lockdown = .known(.confidentiality) }),
        Failure(
            number: "F23", name: "groups are a fiction of pcie_acs_override", sign: .finding(.acsOverride),
            says: ["smaller IOMMU groups"],
            happens: {
                $0.facts.kernelCommandLine = $0.facts.kernelCommandLine.map { $0 + " pcie_acs_override=downstream" }
            }
        ),
        Failure(
            number: "F24", name: "guests may send any interrupt", sign: .finding(.unsafeInterrupts),
            says: ["/etc/modprobe.d/iommu.conf:1"],
            happens: { node in
                node.file("/etc/modprobe.d/iommu.conf", "options vfio_iommu_type1 allow_unsafe_interrupts=1\n")
            }),
        Failure(
            number: "F24", name: "interrupts are not remapped", sign: .plan(.blocker, .interruptRemappingOff),
            says: ["vfio takes no device"],
            happens: { $0.facts.iommu.interruptRemapping = .known(false) }),
        Failure(
            number: "-", name: "the firmware keeps memory for the card's group", sign: .plan(.blocker, .reservedMemory),
            says: ["0x00000000bbf00000", "reserved_regions"],
            happens: { node in
                let region = "0x00000000bbf00000 0x00000000bdffffff direct"
                node.facts.iommu.directRegions = .known([1: [region], 2: [region]])
            }),
    ]
}
