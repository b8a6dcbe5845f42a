/// One PCI function as `PVE::SysFSTools::lspci` reports it; identifiers in sysfs' form, `0x10de`.
struct PCIFunctionRecord: Equatable {
    let id: String
    let vendor: String
    let device: String
    let classCode: String
    /// Nil where the function is in none, which the API shows as -1
    let group: Int?
    let subsystemVendor: String?
    let subsystemDevice: String?
    let hasMediatedDevices: Bool

    /// `10de:1e87`
    var ids: String { Self.plain(vendor) + ":" + Self.plain(device) }

    var subsystemIDs: String? {
        guard let subsystemVendor, let subsystemDevice else { return nil }
        return Self.plain(subsystemVendor) + ":" + Self.plain(subsystemDevice)
    }

    private static func plain(_ id: String) -> String { id.hasPrefix("0x") ? String(id.dropFirst(2)) : id }
}

/// The node's PCI functions, read from sysfs.
struct PCIInventory {
    let files: NodeFiles

    static let devices = "/sys/bus/pci/devices"

    /// All functions in the order of their addresses.
    var functions: [PCIFunctionRecord] { addresses.map(record) }

    /// Those whose address begins so, with or without the domain 0: `02:00` names all functions of a device.
    func functions(startingWith prefix: String) -> [PCIFunctionRecord] {
        addresses.filter { $0.hasPrefix(prefix) || $0.hasPrefix("0000:" + prefix) }.map(record)
    }

    func function(at address: String) -> PCIFunctionRecord? {
        isAddress(address) && files.exists("\(Self.devices)/\(address)/vendor") ? record(address) : nil
    }

    /// True when the kernel has an IOMMU in use.
    var hasIOMMU: Bool { files.list("/sys/class/iommu").contains { !$0.hasPrefix(".") } }

    private var addresses: [String] { files.list(Self.devices).filter(isAddress) }

    private func isAddress(_ name: String) -> Bool {
        name.wholeMatch(of: /[a-f0-9]{4,}:[a-f0-9]{2}:[a-f0-9]{2}\.[a-f0-9]/) != nil
    }

    private func record(_ address: String) -> PCIFunctionRecord {
        let path = "\(Self.devices)/\(address)"
        let group = files.link(path + "/iommu_group")?.split(separator: "/").last.flatMap { Int($0) }
        return PCIFunctionRecord(
            id: address,
            vendor: files.firstLine(path + "/vendor") ?? "",
            device: files.firstLine(path + "/device") ?? "",
            classCode: files.firstLine(path + "/class") ?? "",
            group: group,
            subsystemVendor: files.firstLine(path + "/subsystem_vendor"),
            subsystemDevice: files.firstLine(path + "/subsystem_device"),
            hasMediatedDevices: files.isDirectory(path + "/mdev_supported_types") || files.isDirectory(path + "/nvidia")
        )
    }
}

/// The full form with a domain: `0000:01:00.0`.
func normalizedPCIAddress(_ text: String) -> String {
    text.wholeMatch(of: /[a-f0-9]{4,}:[a-f0-9]{2}:.*/) == nil ? "0000:" + text : text
}
