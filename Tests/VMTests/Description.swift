import Fleet

extension MachineDescription {
    /// The machine that a node showed itself to be: drivers as they were `before` anything was changed, groups as they
    /// are `after` the IOMMU came on.
    init(name: String, before: NodeFacts, after: NodeFacts) {
        let groups = Dictionary(
            (after.functions.value ?? []).map { ($0.address, $0.group) }, uniquingKeysWith: { first, _ in first })
        let functions = before.functions.value ?? []
        self.init(
            name: name, isComplete: true, cpuVendor: before.cpu.value?.vendor.cpuid, cpuModel: before.cpu.value?.model,
            kernelRelease: before.kernelRelease.value, kernelCommandLine: before.kernelCommandLine.value,
            firmware: before.firmware.value, iommu: .on,
            functions: functions.map { function in
                Function(
                    address: function.address, class: function.class, id: function.id, subsystem: function.subsystem,
                    revision: function.revision, group: groups[function.address] ?? nil, driver: function.driver,
                    modules: function.modules.value ?? [], name: function.name)
            },
            relations: Self.relations(functions, before))
    }

    private static func relations(_ functions: [PCIFunction], _ facts: NodeFacts) -> [Relation] {
        let bridges = functions.filter(\.hasSecondaryBus).compactMap { bridge -> Relation? in
            let below = functions.first { $0.parent == bridge.address }
            return below.map { .bridge(bridge.address, secondaryBus: String($0.address.slot.description.dropLast(3))) }
        }
        let cards = (facts.interfaces.value ?? []).compactMap { interface in
            interface.function.map { Relation.nic($0, name: interface.name) }
        }
        let disks = (facts.blockDevices.value ?? []).filter { $0.disk == nil }.flatMap { disk in
            disk.functions.map { Relation.disk($0, name: disk.name) }
        }
        return bridges + cards + disks
    }

    /// The description as a file of the documented format.
    var yaml: String {
        var lines = ["machine: \(name)", "complete: \(isComplete)", "iommu: \"\(iommu.rawValue)\""]
        lines.append("cpu: \(flow([("vendor", cpuVendor), ("model", cpuModel)]))")
        lines.append("kernel: \(flow([("release", kernelRelease), ("cmdline", kernelCommandLine)]))")
        if let firmware { lines.append("firmware: {mode: \(firmware.rawValue)}") }
        lines.append("pci:")
        lines += functions.map { "  - \($0.yaml)" }
        lines.append("relations:")
        lines += relations.compactMap(\.yaml).map { "  - \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension CPU.Vendor {
    /// As CPUID says.
    fileprivate var cpuid: String? {
        switch self {
        case .intel: "GenuineIntel"
        case .amd: "AuthenticAMD"
        case .other: nil
        }
    }
}

extension MachineDescription.Function {
    fileprivate var yaml: String {
        let quoted = modules.map { "\"\($0)\"" }.joined(separator: ", ")
        let pairs = flow([
            ("at", address.description), ("class", `class`.description), ("id", id.description),
            ("subsystem", subsystem?.description), ("rev", revision.map { hex($0) }),
            ("group", group.map(String.init)), ("driver", driver?.description), ("name", name),
        ])
        return pairs.dropLast() + ", modules: [\(quoted)]}"
    }
}

extension MachineDescription.Relation {
    /// Nil for those that no VM node has.
    fileprivate var yaml: String? {
        switch self {
        case .bridge(let at, let bus):
            flow([("kind", "bridge"), ("at", at.description), ("secondary_bus", bus)])
        case .nic(let at, let name): flow([("kind", "nic"), ("at", at.description), ("name", name)])
        case .disk(let at, let name): flow([("kind", "disk"), ("at", at.description), ("name", name)])
        case .bootVGA, .virtualFunction: nil
        }
    }
}

/// `{key: "value", …}` of what is there. Groups are numbers.
private func flow(_ pairs: [(String, String?)]) -> String {
    let written = pairs.compactMap { key, value in
        value.map { key == "group" ? "\(key): \($0)" : "\(key): \"\($0.replacing("\"", with: "'"))\"" }
    }
    return "{\(written.joined(separator: ", "))}"
}

private func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
