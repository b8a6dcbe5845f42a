import Fleet

/// What a path below `/sys/devices` says about where a device sits.
enum SysfsPath {
    /// All PCI functions on the way, outermost first: `/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/nvme/nvme0`
    /// gives two.
    static func functions(on path: Bytes) -> [PCIAddress] {
        path.split(separator: UInt8(ascii: "/")).compactMap { PCIAddress(ascii: $0) }
    }

    /// The function the device sits on or is.
    static func function(of path: Bytes) -> PCIAddress? { functions(on: path).last }

    /// The function above the function at this path: its bridge, or the controller of its PCI domain (Intel VMD).
    static func parentFunction(of path: Bytes) -> PCIAddress? { functions(on: path).dropLast().last }
}
