package import Fleet

/// What a node is, in a few lines for a person. Every fact that is not known says so, with the reason.
package struct NodeSummary {
    package var node: NodeName
    package var facts: NodeFacts

    package init(node: NodeName, facts: NodeFacts) {
        self.node = node
        self.facts = facts
    }

    /// A label and its text for each line.
    package var lines: [(label: String, text: String)] {
        [
            ("Proxmox VE", text(facts.proxmox.version) { $0 ?? "not installed" }),
            ("Host name", text(facts.hostName) { $0 }),
            ("CPU", text(facts.cpu, cpu)),
            ("Memory", text(facts.memory) { "\(($0.totalKiB + (1 << 19)) >> 20) GiB" }),
            ("Kernel", text(facts.kernelRelease) { $0 }),
            ("Arguments", text(facts.kernelCommandLine) { $0 }),
            ("Boot", boot),
            ("IOMMU", iommu),
            ("Cluster", text(facts.cluster, cluster)),
            ("Guests", text(facts.guests, guests)),
        ].map { (label: $0.0, text: $0.1.printableLine) }
    }

    private func text<Value>(_ fact: Observed<Value>, _ describe: (Value) -> String) -> String {
        switch fact {
        case .known(let value): describe(value)
        case .unknown(let why): "unknown (\(why.detail))"
        }
    }

    private func cpu(_ cpu: CPU) -> String {
        let vendor =
            switch cpu.vendor {
            case .intel: "Intel"
            case .amd: "AMD"
            case .other(let name): name.isEmpty ? "other vendor" : name
            }
        let bits = cpu.physicalAddressBits.map { ", \($0)-bit physical addresses" } ?? ""
        return "\(cpu.model) (\(vendor)\(bits))"
    }

    private var boot: String {
        let loader = text(facts.boot.loader) { loader in
            switch loader {
            case .grub: "GRUB"
            case .systemdBoot: "systemd-boot"
            case .unifiedImage: "a unified kernel image"
            case .unrecognized: "a boot loader that was not recognised"
            }
        }
        let firmware = text(facts.firmware) { $0 == .uefi ? "UEFI" : "BIOS" }
        let secure = text(facts.secureBoot) { $0 ? "on" : "off" }
        let managed = facts.boot.proxmoxBootToolESPs.value?.isEmpty == false ? ", under proxmox-boot-tool" : ""
        return "\(loader) on \(firmware)\(managed), Secure Boot \(secure)"
    }

    private var iommu: String {
        guard case .known(let isOn) = facts.iommu.isOn else { return text(facts.iommu.isOn) { _ in "" } }
        guard isOn else { return "off" }
        let units = facts.iommu.units.value?.joined(separator: ", ") ?? ""
        let groups = facts.iommu.groupCount.value ?? 0
        let remapping = text(facts.iommu.interruptRemapping) { $0 ? "on" : "off" }
        return "on (\(units)), \(groups) groups, interrupt remapping \(remapping)"
    }

    private func cluster(_ cluster: ClusterFacts) -> String {
        guard let name = cluster.name else { return "none" }
        let quorum = cluster.quorate.map { $0 ? "quorate" : "no quorum" } ?? "quorum unknown"
        return "\(name), \(quorum), \(cluster.members.count) members"
    }

    private func guests(_ guests: [GuestFacts]) -> String {
        guard !guests.isEmpty else { return "none" }
        let running = guests.count { $0.state.value == .running }
        return "\(guests.count), \(running) running"
    }
}
