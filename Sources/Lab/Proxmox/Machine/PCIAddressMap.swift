/// Where a device sits in the guest (`PCI.pm`): the same slots on every machine, so that a guest keeps its devices.
enum PCIAddressMap {
    struct Slot {
        let bus: Int
        let address: Int
    }

    /// The slot of a device on the conventional buses; nil where it has none.
    static func slot(_ id: String) -> Slot? { slots[id] }

    /// `,bus=ich9-pcie-port-1,addr=0x0`; empty where the device has no place on PCI Express.
    static func express(_ id: String) -> String {
        if id == "vga" { return ",bus=pcie.0,addr=0x1" }
        if id == "ivshmem" { return ",bus=pcie.0,addr=0x14" }
        guard let match = id.wholeMatch(of: /hostpci(\d{1,2})(bus0)?/), let index = Int(match.1), index < 16 else {
            return ""
        }
        if match.2 != nil { return ",bus=pcie.0,addr=\(hexadecimal(rootBusAddresses[index]))" }
        return ",bus=ich9-pcie-port-\(index + 1),addr=0x0"
    }

    /// Ports for the fifth and later devices; the first four are in the machine's own configuration file.
    static func rootPort(_ index: Int) -> String? {
        guard (4...15).contains(index) else { return nil }
        let address = index < 12 ? "10.\(index - 4)" : "11.\(index - 12)"
        let number = index + 1
        return "pcie-root-port,id=ich9-pcie-port-\(number),addr=\(address),x-speed=16,x-width=32,multifunction=on,"
            + "bus=pcie.0,port=\(number),chassis=\(number)"
    }

    static func hexadecimal(_ number: Int) -> String { "0x" + String(number, radix: 16) }

    /// Windows 7 wants its devices on the root bus.
    private static let rootBusAddresses = [16, 17, 18, 19, 9, 10, 11, 12, 13, 14, 15, 21, 22, 23, 24, 25]

    private static let slots: [String: Slot] = {
        var slots: [String: Slot] = [:]
        for (bus, first, names) in rows {
            for (offset, name) in names.enumerated() { slots[name] = Slot(bus: bus, address: first + offset) }
        }
        return slots
    }()

    private static func series(_ prefix: String, _ range: ClosedRange<Int>) -> [String] {
        range.map { "\(prefix)\($0)" }
    }

    /// Bus, first slot and the devices in consecutive slots.
    private static let rows: [(Int, Int, [String])] = [
        (0, 1, ["piix3"]), (0, 2, ["vga"]), (0, 2, ["legacy-igd"]), (0, 3, ["balloon0", "watchdog", "scsihw0"]),
        (0, 5, ["pci.3"]), (0, 6, ["scsihw1", "ahci0", "qga0", "spice"]), (0, 10, series("virtio", 0...5)),
        (0, 16, ["hostpci0", "hostpci1"]), (0, 18, series("net", 0...5)), (0, 24, ["vga1", "vga2", "vga3"]),
        (0, 27, ["hostpci2", "hostpci3"]), (0, 30, ["pci.1", "pci.2"]), (1, 1, series("net", 6...31)),
        (1, 27, ["xhci", "pci.4", "rng0", "pci.2-igd"]), (2, 1, series("virtio", 6...15)),
        (2, 11, ["ivshmem", "audio0"]), (2, 13, series("hostpci", 4...15)), (3, 1, series("virtioscsi", 0...30)),
        (4, 1, series("scsihw", 2...4)),
    ]
}
