internal import Fleet

extension NodeFacts {
    /// What a probe of a running node also brings, beyond what most tests need.
    mutating func tellAll(_ machine: MachineDescription, _ uses: MachineUses) {
        memory = .known(Memory(totalKiB: 128 << 20))
        firmware = .known(machine.firmware ?? .uefi)
        cluster = .known(ClusterFacts(name: nil))
        modules.builtIn = .known(machine.builtInModules)
        let ports = uses.network.map {
            NetworkInterface(name: $0.name, mac: Self.mac($0.function), function: $0.function)
        }
        let bridge = NetworkInterface(
            name: "vmbr0", mac: ports.first?.mac, lower: ports.prefix(1).map(\.name), kind: .bridge,
            addresses: ["192.0.2.11"])
        interfaces = .known((ports + [bridge]).sorted { $0.name < $1.name })
        if let release = kernelRelease.value, let line = kernelCommandLine.value {
            boot.entries = .known([Self.entry(release, line), Self.entry("6.8.12-3-pve", line)])
        }
    }

    private static func entry(_ release: String, _ line: String) -> BootEntry {
        BootEntry(
            file: "/boot/grub/grub.cfg", title: "Proxmox VE GNU/Linux, with Linux \(release)",
            kernel: "/boot/vmlinuz-\(release)", release: release,
            arguments: line.split(separator: " ").filter { !$0.hasPrefix("BOOT_IMAGE=") && !$0.hasPrefix("initrd=") }
                .joined(separator: " "),
            initrds: ["/boot/initrd.img-\(release)"], isRecovery: false)
    }

    /// A locally administered address made from the function's.
    private static func mac(_ at: PCIAddress) -> String {
        let parts = [UInt8(truncatingIfNeeded: at.domain), at.bus, at.device, at.function]
        let digits = parts.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        return "02:00:" + digits.joined(separator: ":")
    }
}

extension MachineDescription {
    /// Modules of drivers that no function names a module for, in a description that names modules for others.
    fileprivate var builtInModules: Set<ModuleName> {
        let modular = Set(functions.filter { !$0.modules.isEmpty }.compactMap(\.driver))
        guard !modular.isEmpty else { return [] }
        let drivers = Set(functions.compactMap(\.driver)).subtracting(modular).subtracting(["pcieport", "vfio-pci"])
        return Set(drivers.map(MachineDescription.module))
    }
}
