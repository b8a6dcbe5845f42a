/// A `hostpciN` option with the functions that it stands for.
struct HostPCIDevice {
    let index: Int
    let options: PropertyString
    /// Each is a whole device; more than one only through a mapping.
    let alternatives: [[PCIFunctionRecord]]
    let isMigratable: Bool
    /// The functions that the guest gets.
    var functions: [PCIFunctionRecord] = []

    var isMultifunction: Bool { alternatives.contains { $0.count > 1 } }
    var mediatedType: String? { options["mdev"] }
}

/// Reads a guest's `hostpciN` options against the hardware, with the checks and messages of `PCI.pm`.
struct HostPCIReader {
    let node: ProxmoxNode
    let vmid: String
    let options: GuestConfig.Section
    let isQ35: Bool

    private var inventory: PCIInventory { PCIInventory(files: node.files) }

    /// All devices with one alternative chosen for each. Alternatives are reserved on the way unless the guest runs.
    func devices(reserving: Bool, _ console: inout Console) throws -> [HostPCIDevice] {
        var devices: [HostPCIDevice] = []
        for index in 0..<PropertyStringFormat.hostPCICount {
            guard let value = options["hostpci\(index)"] else { continue }
            let device = try parse(value, index: index, isFirst: devices.isEmpty)
            try check(device, others: devices)
            devices.append(device)
        }
        var used: Set<String> = []
        for index in devices.indices { try choose(&devices[index], &used, reserving: reserving, &console) }
        return devices
    }

    private func parse(_ value: String, index: Int, isFirst: Bool) throws -> HostPCIDevice {
        let parts: PropertyString
        do { parts = try PropertyStringFormat.hostPCI.parse(value) } catch {
            throw ProxmoxFailure(error.reason, exitCode: 22)
        }
        // The status is what errno held: the last probe of sysfs leaves 2, nothing read yet leaves 22.
        let exitCode: Int32 = isFirst ? 22 : 2
        let (paths, isMigratable) = try alternatives(parts, exitCode)
        let alternatives = try paths.map { try functions($0, exitCode) }
        if alternatives.contains(where: { $0.count > 1 }), parts["mdev"] != nil {
            throw ProxmoxFailure("cannot use mediated device with multifunction device", exitCode: 2)
        }
        return HostPCIDevice(index: index, options: parts, alternatives: alternatives, isMigratable: isMigratable)
    }

    private func functions(_ paths: [String], _ exitCode: Int32) throws -> [PCIFunctionRecord] {
        try paths.flatMap { path in
            let found = inventory.functions(startingWith: path)
            if found.isEmpty { throw ProxmoxFailure("no PCI device found for '\(path)'", exitCode: exitCode) }
            return found
        }
    }

    private func alternatives(_ parts: PropertyString, _ exitCode: Int32) throws -> ([[String]], Bool) {
        switch (parts["host"], parts["mapping"]) {
        case (.some, .some): throw ProxmoxFailure("Cannot set both 'host' and 'mapping'.", exitCode: exitCode)
        case (nil, nil): throw ProxmoxFailure("Either 'host' or 'mapping' must be set.", exitCode: exitCode)
        case (let host?, nil): return ([host.split(separator: ";").map(String.init)], false)
        case (nil, let name?): return try mapped(name)
        }
    }

    private func mapped(_ name: String) throws -> ([[String]], Bool) {
        let mapping = PCIMappings.load(node.files).mappings[name]
        let maps = mapping?.alternatives(on: node.name) ?? []
        guard let mapping, !maps.isEmpty else {
            throw ProxmoxFailure("PCI device mapping not found for '\(name)'", exitCode: mapping == nil ? 2 : 255)
        }
        for map in maps {
            if let problem = mapping.problem(id: name, map, inventory) {
                throw ProxmoxFailure(
                    "PCI device mapping invalid (hardware probably changed): \(problem)\n\n", exitCode: 2)
            }
        }
        let paths = maps.map { ($0["path"] ?? "").split(separator: ";").map(String.init) }
        return (paths, mapping.flags["live-migration-capable"] == "1")
    }

    private func check(_ device: HostPCIDevice, others: [HostPCIDevice]) throws {
        if device.options.isSet("pcie") && !isQ35 {
            throw ProxmoxFailure(
                "q35 machine model is not enabled at /usr/share/perl5/PVE/QemuServer/PCI.pm line 501.", exitCode: 2)
        }
        guard device.options.isSet("legacy-igd") else { return }
        if others.contains(where: { $0.options.isSet("legacy-igd") }) {
            throw ProxmoxFailure("only one device can be assigned in legacy-igd mode", exitCode: 2)
        }
        let problems: [(Bool, String)] = [
            (options["vga"] != "none", "requires VGA mode to be 'none'"),
            (device.options["rombar"] == "0", "requires rombar to be enabled"),
            (device.options.isSet("x-vga"), "is not compatible with x-vga"),
            (device.mediatedType != nil, "is not compatible with mdev"),
            (isQ35, "is not compatible with q35"),
            (device.isMultifunction, "is not compatible with multifunction devices"),
            (device.alternatives.count > 1, "is not compatible with alternate devices"),
            (
                device.alternatives.first?.first?.id.hasSuffix("02.0") != true,
                "only works for devices on host bus 00:02.0"
            ),
        ]
        if let problem = problems.first(where: { $0.0 }) {
            throw ProxmoxFailure("legacy IGD assignment \(problem.1)", exitCode: 2)
        }
    }
}

// MARK: - Choice between alternatives

extension HostPCIReader {
    private func choose(
        _ device: inout HostPCIDevice, _ used: inout Set<String>, reserving: Bool, _ console: inout Console
    ) throws {
        if device.mediatedType != nil {
            device.functions = device.alternatives.compactMap(\.first)
            return
        }
        if device.alternatives.count == 1 {
            device.functions = device.alternatives[0]
            for function in device.functions where !used.insert(function.id).inserted {
                throw ProxmoxFailure("device '\(function.id)' assigned more than once", exitCode: 2)
            }
            return
        }
        for alternative in device.alternatives where alternative.allSatisfy({ !used.contains($0.id) }) {
            guard !reserving || isReserved(alternative, &console) else { continue }
            used.formUnion(alternative.map(\.id))
            device.functions = alternative
            return
        }
        throw ProxmoxFailure("could not find a free device for 'hostpci\(device.index)'")
    }

    private func isReserved(_ alternative: [PCIFunctionRecord], _ console: inout Console) -> Bool {
        do {
            try PCIReservations(node: node)
                .reserve(alternative.map(\.id), vmid: vmid, .until(node.now() + 15), &console)
            return true
        } catch {
            return false
        }
    }
}
