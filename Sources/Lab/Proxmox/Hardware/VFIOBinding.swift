/// Gives the functions of IOMMU groups to `vfio-pci`, in a sysfs that is made of ordinary files.
///
/// What the kernel would do on a write to `new_id`, `unbind` or `bind` happens here, so that the tree looks as it would
/// on a real node afterwards; the writes themselves are kept in those files.
struct VFIOBinding {
    let files: NodeFiles

    private static let driver = "/sys/bus/pci/drivers/vfio-pci"

    /// Binds the whole group of a function. Members with a `pci_bus` directory are bridges and are left alone.
    func bindGroup(of address: String, _ console: inout Console) throws {
        if !files.isDirectory(Self.driver) { files.makeDirectories(Self.driver) }
        guard files.isDirectory(Self.driver) else { throw ProxmoxFailure("Cannot find vfio-pci module!") }
        let members = files.list("\(PCIInventory.devices)/\(address)/iommu_group/devices")
        if members.isEmpty { throw ProxmoxFailure("Cannot open iommu_group: No such file or directory") }
        for member in members where !files.exists("\(PCIInventory.devices)/\(member)/pci_bus") {
            guard try bind(member, &console) else { throw ProxmoxFailure("Cannot bind \(member) to vfio") }
        }
    }

    private func bind(_ address: String, _ console: inout Console) throws -> Bool {
        if driver(of: address) == "vfio-pci" { return true }
        guard let function = PCIInventory(files: files).function(at: address) else { return false }
        try addIdentifier(function)
        if driver(of: address) == "vfio-pci" { return true }
        unbind(address)
        guard accepts(address) else {
            console.warn("error writing '\(address)' to '\(Self.driver)/bind': No such device\n")
            return false
        }
        attach(address)
        return driver(of: address) == "vfio-pci"
    }

    /// `new_id` takes every function of that identifier that has no driver, also those nobody asked for.
    private func addIdentifier(_ function: PCIFunctionRecord) throws {
        let line = function.ids.replacing(":", with: " ") + "\n"
        if files.text(Self.driver + "/new_id")?.contains(line) != true {
            try files.append(line, to: Self.driver + "/new_id")
        }
        for other in PCIInventory(files: files).functions
        where other.ids == function.ids && driver(of: other.id) == nil && accepts(other.id) {
            attach(other.id)
        }
    }

    private func driver(of address: String) -> String? {
        files.link("\(PCIInventory.devices)/\(address)/driver")?.split(separator: "/").last.map(String.init)
    }

    /// A `driver_override` binds a function to that driver alone.
    private func accepts(_ address: String) -> Bool {
        let override = files.firstLine("\(PCIInventory.devices)/\(address)/driver_override") ?? ""
        return ["", "(null)", "vfio-pci"].contains(override)
    }

    private func unbind(_ address: String) {
        guard let old = driver(of: address) else { return }
        files.remove("/sys/bus/pci/drivers/\(old)/\(address)")
        files.remove("\(PCIInventory.devices)/\(address)/driver")
    }

    private func attach(_ address: String) {
        let link = "\(PCIInventory.devices)/\(address)"
        let directory = files.link(link).map { normalized("\(PCIInventory.devices)/" + $0) } ?? link
        let depth = directory.split(separator: "/").count - 1
        files.makeLink(
            link + "/driver", to: String(repeating: "../", count: max(depth, 0)) + "bus/pci/drivers/vfio-pci")
        files.makeLink("\(Self.driver)/\(address)", to: "../../devices/\(address)")
    }

    private func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// The group member that another driver holds, which QEMU would refuse; nil where the group is viable.
    func obstacle(toGroupOf address: String) -> (member: String, group: Int)? {
        guard let group = PCIInventory(files: files).function(at: address)?.group else { return nil }
        let members = files.list("\(PCIInventory.devices)/\(address)/iommu_group/devices")
        let obstacle = members.first { member in
            !files.exists("\(PCIInventory.devices)/\(member)/pci_bus")
                && driver(of: member).map { !["vfio-pci", "pci-stub"].contains($0) } == true
        }
        return obstacle.map { ($0, group) }
    }
}
