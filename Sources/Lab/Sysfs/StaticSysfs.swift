import Fleet

/// The part of `/sys` that the hardware alone decides; nodes of the same machine share it.
struct StaticSysfs {
    let hardware: Hardware
    let layout: SysfsLayout
    let files: NodeFiles

    init(_ hardware: Hardware, root: String) {
        self.hardware = hardware
        layout = SysfsLayout(hardware)
        files = NodeFiles(root: root)
    }

    func write() throws(LabError) {
        NodeFiles(root: "").makeDirectories(files.root)
        for directory in ["/bus/pci/devices", "/bus/pci/drivers", "/bus/usb/devices", "/class/net", "/class/block"] {
            files.makeDirectories(directory)
        }
        for directory in ["/block", "/kernel/iommu_groups", "/class/iommu", "/module", "/devices/virtual/net"] {
            files.makeDirectories(directory)
        }
        // There with BIOS too; only UEFI adds `efi`.
        for directory in ["acpi/tables", "dmi/tables", "memmap"] { files.makeDirectories("/firmware/\(directory)") }
        try files.make("/bus/pci/rescan", "")
        try files.make("/bus/pci/drivers_probe", "")
        for function in hardware.functions { try write(function) }
    }

    private func write(_ function: Hardware.Function) throws(LabError) {
        let directory = layout.directory(of: function.address)
        files.makeDirectories(directory)
        for (name, value) in attributes(function) { try files.make("\(directory)/\(name)", value + "\n", mode: 0o444) }
        for name in ["remove", "rescan", "reset", "enable"] { try files.make("\(directory)/\(name)", "", mode: 0o200) }
        try files.make("\(directory)/driver_override", "(null)\n")
        try files.make("\(directory)/config", bytes: config(function))
        try files.relate(directory, "subsystem", to: "/bus/pci")
        try files.relate("/bus/pci/devices", "\(function.address)", to: directory)
        if let bus = function.secondaryBus { files.makeDirectories("\(directory)/pci_bus/\(bus)") }
        try relateVirtualFunctions(function, directory)
    }

    private func config(_ function: Hardware.Function) -> [UInt8] {
        let slot = function.address.slot
        let isMulti = hardware.functions.contains { $0.address.slot == slot && $0.address.function > 0 }
        return ConfigSpace(function, isMultiFunction: isMulti).bytes
    }

    private func relateVirtualFunctions(_ function: Hardware.Function, _ directory: String) throws(LabError) {
        for (index, address) in function.virtualFunctions.sorted().enumerated() {
            try files.relate(directory, "virtfn\(index)", to: layout.directory(of: address))
        }
        if let physical = function.physicalFunction {
            try files.relate(directory, "physfn", to: layout.directory(of: physical))
        }
        guard !function.virtualFunctions.isEmpty else { return }
        let count = function.virtualFunctions.count
        try files.make("\(directory)/sriov_totalvfs", "\(max(count, 8))\n", mode: 0o444)
        try files.make("\(directory)/sriov_numvfs", "\(count)\n")
    }

    private func attributes(_ function: Hardware.Function) -> [(String, String)] {
        let described = function.described
        let subsystem = described.subsystem ?? PCIID(vendor: 0, device: 0)
        var list = [
            ("vendor", "0x\(hex(described.id.vendor, digits: 4))"),
            ("device", "0x\(hex(described.id.device, digits: 4))"),
            ("class", "0x\(described.class)"),
            ("subsystem_vendor", "0x\(hex(subsystem.vendor, digits: 4))"),
            ("subsystem_device", "0x\(hex(subsystem.device, digits: 4))"),
            ("revision", "0x\(hex(described.revision ?? 0, digits: 2))"),
            ("modalias", described.modalias), ("uevent", uevent(function)),
            ("resource", Resources(described).text), ("irq", "0"), ("numa_node", "\(numaNode(function))"),
            ("power_state", "D0"), ("d3cold_allowed", "1"),
        ]
        if described.class.isVGA { list.append(("boot_vga", function.isBootVGA ? "1" : "0")) }
        if isRemovable(function) { list.append(("removable", "removable")) }
        if let reset = function.resetMethods { list.append(("reset_method", reset)) }
        return list + link(function)
    }

    /// The file is there only for what hangs off a port that leads out (`pci_set_removable` of drivers/pci/probe.c).
    private func isRemovable(_ function: Hardware.Function) -> Bool {
        let above = hardware.path(to: function.address).dropLast()
        return !function.described.isThunderboltController
            && above.contains { hardware[$0]?.described.isThunderboltPort == true }
    }

    private func uevent(_ function: Hardware.Function) -> String {
        let described = function.described
        let code = String(described.class.code, radix: 16, uppercase: true)
        return """
            PCI_CLASS=\(code)
            PCI_ID=\(described.id.description.uppercased())
            PCI_SUBSYS_ID=\((described.subsystem ?? PCIID(vendor: 0, device: 0)).description.uppercased())
            PCI_SLOT_NAME=\(function.address)
            MODALIAS=\(described.modalias)
            """
    }

    /// Machines of one domain with high buses are taken as two sockets, split at bus 80; others have no node.
    private func numaNode(_ function: Hardware.Function) -> Int {
        guard hardware.functions.contains(where: { $0.address.bus >= 0x80 }) else { return -1 }
        return function.address.bus >= 0x80 ? 1 : 0
    }

    private func link(_ function: Hardware.Function) -> [(String, String)] {
        guard let link = function.link else { return [] }
        return [
            ("current_link_speed", "\(link.speed) GT/s PCIe"), ("max_link_speed", "\(link.speed) GT/s PCIe"),
            ("current_link_width", "\(link.width)"), ("max_link_width", "\(link.width)"),
        ]
    }
}

extension Hardware.Function {
    /// Functions on a bus of their own reset with it; Intel and AMD graphics in the processor and storage know FLR.
    fileprivate var resetMethods: String? {
        let kind = described.class
        if kind.isBridge { return nil }
        if kind.isStorage || kind.isNetwork { return "flr bus" }
        return parent == nil ? (kind.isDisplay ? "flr" : nil) : "bus"
    }

    /// PCI Express devices behind a port, by what their kind usually has.
    fileprivate var link: (speed: String, width: Int)? {
        // A management controller's display sits on conventional PCI.
        guard parent != nil, described.id.vendor != 0x1a03 else { return nil }
        switch described.class.base {
        case 0x06: return ("16.0", 16)
        case 0x03, 0x12: return ("8.0", 16)
        case 0x04 where address.function > 0: return ("8.0", 16)
        case 0x0c where address.function > 0: return ("8.0", 16)
        case 0x01: return ("8.0", 4)
        default: return ("5.0", 1)
        }
    }
}

extension MachineDescription.Function {
    /// `pci:v000010DEd00001F02sv00001462sd00003733bc03sc00i00`
    var modalias: String {
        let subsystem = subsystem ?? PCIID(vendor: 0, device: 0)
        let code = self.class.code
        func upper(_ value: some BinaryInteger, _ digits: Int) -> String { hex(value, digits: digits).uppercased() }
        return "pci:v\(upper(id.vendor, 8))d\(upper(id.device, 8))sv\(upper(subsystem.vendor, 8))"
            + "sd\(upper(subsystem.device, 8))bc\(upper(code >> 16, 2))sc\(upper(code >> 8 & 0xff, 2))"
            + "i\(upper(code & 0xff, 2))"
    }
}

/// The lines of a function's `resource`: start, end and flags of each BAR.
private struct Resources {
    let text: String

    init(_ function: MachineDescription.Function) {
        let sizes = Self.sizes(function.class)
        var next: UInt64 = 0x40_0000_0000 + UInt64(function.id.device) << 32
        let lines = (0..<13).map { bar -> String in
            guard let (size, flags) = sizes[bar] else { return Self.line(0, 0, 0) }
            next = (next + size - 1) / size * size
            defer { next += size }
            return Self.line(next, next + size - 1, flags)
        }
        text = lines.joined(separator: "\n")
    }

    private static func line(_ start: UInt64, _ end: UInt64, _ flags: UInt64) -> String {
        [start, end, flags].map { "0x" + hex($0, digits: 16) }.joined(separator: " ")
    }

    /// Number 6 is the ROM of displays. IORESOURCE_MEM is 0x200, with 0x2000 prefetchable and 0x100000 of 64 bits (`include/linux/ioport.h`).
    private static func sizes(_ kind: PCIClass) -> [Int: (UInt64, UInt64)] {
        switch kind.base {
        case 0x03:
            [0: (1 << 24, 0x40200), 1: (1 << 28, 0x14220c), 3: (1 << 25, 0x14220c), 6: (1 << 19, 0x46200)]
        case 0x12: [0: (1 << 24, 0x40200), 1: (1 << 28, 0x14220c), 3: (1 << 25, 0x14220c)]
        case 0x04: [0: (1 << 14, 0x40200)]
        case 0x01: [0: (1 << 14, 0x140204)]
        case 0x02: [0: (1 << 17, 0x40200)]
        case 0x0c: [0: (1 << 16, 0x140204)]
        default: [:]
        }
    }
}
