import Fleet

extension NodeFacts {
    /// The facts that decide about passthrough, each under a name, written so that two nodes can be compared.
    var aspects: [String: String] {
        functionAspects.merging(systemAspects) { $1 }.merging(bootAspects) { $1 }.merging(moduleAspects) { $1 }
            .merging(useAspects) { $1 }
    }

    private var systemAspects: [String: String] {
        [
            "firmware": text(firmware.map(\.rawValue)),
            "secure boot": text(secureBoot.map(String.init)),
            "cpu": text(cpu.map { "\($0.vendor)" }),
            "kernel": text(kernelRelease),
            "command line": text(kernelCommandLine.map { arguments($0) }),
            "iommu on": text(iommu.isOn.map(String.init)),
            "iommu units": text(iommu.units.map { $0.joined(separator: " ") }),
            "iommu groups": groups.map { $0.joined(separator: " ") }.joined(separator: "; "),
            "interrupt remapping": text(iommu.interruptRemapping.map(String.init)),
            "interfaces": text(
                interfaces.map { interfaces in
                    interfaces.map { "\($0.name) \($0.kind.rawValue) \($0.function?.description ?? "-")" }.sorted()
                        .joined(separator: "; ")
                }),
        ]
    }

    private var bootAspects: [String: String] {
        var aspects = [
            "loader": text(boot.loader.map(\.rawValue)),
            "grub": text(boot.grub.map { "\($0?.commandLine ?? "") | \($0?.defaultCommandLine ?? "")" }),
            "boot entries": text(
                boot.entries.map { entries in
                    entries.map { "\($0.isRecovery ? "recovery" : "normal"): \(arguments($0.arguments))" }
                        .joined(separator: "; ")
                }),
        ]
        for path in ["/etc/default/grub", "/etc/modprobe.d/vfio.conf", "/etc/modprobe.d/blacklist.conf"] {
            aspects["file \(path)"] = files[path].map { text($0.map { $0.exists ? $0.text : "absent" }) } ?? "not read"
        }
        return aspects
    }

    private var moduleAspects: [String: String] {
        [
            "loaded": text(modules.loaded.map { names($0.intersection(Self.watched)) }),
            "softdep bochs": text(modules.configuration.map { names($0.softdepPre["bochs"] ?? []) }),
            "options vfio-pci": text(
                modules.configuration.map { ($0.options["vfio-pci"] ?? []).joined(separator: " ") }),
            "initramfs modules": text(
                initramfs.map {
                    $0.map { text($0.modules.map { names($0.intersection(Self.watched)) }) }.joined(separator: "; ")
                }),
            "initramfs newer inputs": text(
                initramfs.map {
                    $0.map { text($0.newerInputs.map { $0.joined(separator: " ") }) }.joined(separator: "; ")
                }),
        ]
    }

    /// One aspect for each thing the host needs, so that one that only one of the nodes has is named. The address of a
    /// login is each node's own.
    private var useAspects: [String: String] {
        guard let uses = hostUses.value else { return ["host uses": text(hostUses.map { _ in "" })] }
        let names = uses.map { use in
            "host use \(use.purpose.rawValue) \(use.purpose == .management ? "" : use.subject) \(use.function)"
        }
        return Dictionary(names.map { ($0, "yes") }, uniquingKeysWith: { first, _ in first })
    }

    private var functionAspects: [String: String] {
        var aspects: [String: String] = ["functions": text(functions.map { "\($0.count)" })]
        for function in functions.value ?? [] {
            let at = function.address
            aspects["identity \(at)"] =
                "\(function.class) \(function.id) \(function.subsystem?.description ?? "-") \(function.revision ?? 0)"
            aspects["driver \(at)"] = function.driver?.description ?? "none"
            aspects["driver override \(at)"] = function.driverOverride?.description ?? "none"
            aspects["driver module \(at)"] = function.driverModule?.description ?? "none"
            aspects["candidates \(at)"] = text(function.modules.map { names($0) })
            aspects["parent \(at)"] = function.parent?.description ?? "root"
            aspects["secondary bus \(at)"] = "\(function.hasSecondaryBus)"
            aspects["boot VGA \(at)"] = function.bootVGA.map { "\($0)" } ?? "none"
        }
        return aspects
    }

    /// Modules that take part in who gets a card.
    private static let watched: Set<ModuleName> = [
        "vfio", "vfio_pci", "vfio_pci_core", "vfio_iommu_type1", "bochs", "snd_hda_intel", "xhci_pci", "virtio_pci",
    ]

    /// Without where the kernel and its root are.
    private func arguments(_ line: String) -> String {
        line.split(separator: " ").filter { !$0.hasPrefix("BOOT_IMAGE=") && !$0.hasPrefix("root=") }
            .joined(separator: " ")
    }

    private func names(_ modules: some Collection<ModuleName>) -> String {
        modules.map(\.normalized).sorted().joined(separator: " ")
    }

    private func text(_ fact: Observed<String>) -> String {
        switch fact {
        case .known(let text): text
        case .unknown(let why): "unknown: \(why.reason.rawValue)"
        }
    }
}

/// A way in which a simulated node and its VM node may differ.
struct Deviation: Sendable {
    /// The beginning of an aspect's name.
    var aspect: String
    var reason: String

    static let allowed = [
        Deviation(
            aspect: "host use mount /",
            reason: "The lab binds its programs from a disk of this machine, and both disks may be named vda.")
    ]

    static func isAllowed(_ aspect: String) -> Bool { allowed.contains { aspect.hasPrefix($0.aspect) } }
}
