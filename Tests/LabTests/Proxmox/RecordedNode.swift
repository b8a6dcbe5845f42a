import Foundation

@testable import Lab

/// A directory tree with the hardware of the node that the recordings were made on.
final class RecordedNode {
    let root: URL
    let node: ProxmoxNode

    init(lockTimeout: Int = 1) throws {
        root = FileManager.default.temporaryDirectory.appending(path: "vfiofleet-pve-\(UUID().uuidString)")
        let fifo = root.appending(path: "never").path
        node = ProxmoxNode(
            root: root.path, name: "pve1",
            guest: GuestProgram(executable: "/bin/sh", prefix: ["-c", ": < '\(fifo)'"]),
            container: GuestProgram(executable: "/usr/bin/python3", prefix: ["-c", Self.container]),
            lockTimeout: lockTimeout)
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        mkfifo(fifo, 0o600)
        try makeHardware()
    }

    deinit {
        for vmid in GuestStore(node: node).vmids { GuestProcess(node: node, vmid: vmid).end() }
        for file in node.files.list("/run/lxc") where file.hasSuffix(".pid") {
            ContainerProcess(node: node, vmid: String(file.dropLast(4))).end()
        }
        try? FileManager.default.removeItem(at: root)
    }

    /// Holds a container's command socket, as `lxc-start` does.
    private static let container = """
        import signal, socket, sys
        held = socket.socket(socket.AF_UNIX)
        held.bind("\\0" + sys.argv[-1])
        held.listen()
        signal.pause()
        """

    @discardableResult func run(_ words: String...) -> CommandOutcome { run(words) }

    @discardableResult func run(_ words: [String]) -> CommandOutcome {
        ProxmoxCommand.run(program: words[0], arguments: Array(words.dropFirst()), node: node)
    }

    func write(_ path: String, _ text: String) throws {
        node.files.makeDirectories(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        try Data(text.utf8).write(to: root.appending(path: path))
    }

    func text(_ path: String) -> String? { node.files.text(path) }

    /// `/etc/pve/qemu-server` is a link on a real node.
    func real(_ path: String) -> String {
        path.replacing("/etc/pve/qemu-server/", with: "/etc/pve/nodes/pve1/qemu-server/")
    }

    func driver(of address: String) -> String? {
        node.files.link("/sys/bus/pci/devices/\(address)/driver")?.split(separator: "/").last.map(String.init)
    }

    func removeIOMMU() throws { try FileManager.default.removeItem(at: root.appending(path: "sys/class/iommu/dmar0")) }

    func bind(_ address: String, to driver: String) {
        node.files.makeDirectories("/sys/bus/pci/drivers/\(driver)")
        node.files.makeLink("/sys/bus/pci/devices/\(address)/driver", to: "../../../../bus/pci/drivers/\(driver)")
        node.files.makeLink("/sys/bus/pci/drivers/\(driver)/\(address)", to: "../../devices/\(address)")
    }
}

// MARK: - Hardware

extension RecordedNode {
    private struct Function: Decodable {
        let id: String
        let vendor: String
        let device: String
        let `class`: String
        let iommugroup: Int
        let subsystemVendor: String
        let subsystemDevice: String
        let vendorName: String
        let deviceName: String
        let subsystemVendorName: String?
        let subsystemDeviceName: String?
    }

    private func makeHardware() throws {
        let recording = try Recording.all().first { $0.name == "034-json-pvesh-pci-noblack" }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let functions = try decoder.decode([Function].self, from: Data(recording?.output ?? []))
        for function in functions { try make(function) }
        for address in ["0000:03:00.0", "0000:03:00.1"] { bind(address, to: "vfio-pci") }
        node.files.makeDirectories("/sys/class/iommu/dmar0")
        node.files.makeDirectories("/etc/pve/nodes/pve1/qemu-server")
        try write("/usr/share/misc/pci.ids", names(functions))
    }

    private func make(_ function: Function) throws {
        let path = "/sys/bus/pci/devices/\(function.id)"
        let values = [
            "vendor": function.vendor, "device": function.device, "class": function.class,
            "subsystem_vendor": function.subsystemVendor, "subsystem_device": function.subsystemDevice,
        ]
        for (name, value) in values { try write("\(path)/\(name)", value + "\n") }
        if function.class.hasPrefix("0x0604") { node.files.makeDirectories(path + "/pci_bus/0000:01") }
        let group = "/sys/kernel/iommu_groups/\(function.iommugroup)/devices"
        node.files.makeDirectories(group)
        node.files.makeLink("\(group)/\(function.id)", to: "../../../../bus/pci/devices/\(function.id)")
        node.files.makeLink(path + "/iommu_group", to: "../../../../kernel/iommu_groups/\(function.iommugroup)")
    }

    private func names(_ functions: [Function]) -> String {
        var vendors: [String: String] = [:]
        for function in functions {
            vendors[function.vendor] = function.vendorName
            if let name = function.subsystemVendorName { vendors[function.subsystemVendor] = name }
        }
        return vendors.sorted { $0.key < $1.key }.map { vendor, name in
            "\(vendor.dropFirst(2))  \(name)\n" + functions.filter { $0.vendor == vendor }.map(device).joined()
        }.joined()
    }

    private func device(_ function: Function) -> String {
        let ids = "\(function.subsystemVendor.dropFirst(2)) \(function.subsystemDevice.dropFirst(2))"
        let subsystem = function.subsystemDeviceName.map { "\t\t\(ids)  \($0)\n" } ?? ""
        return "\t\(function.device.dropFirst(2))  \(function.deviceName)\n" + subsystem
    }
}
