import Fleet
import Testing

@testable import Probe

/// What the host uses, as the real script and its reader see it on made-up nodes.
@Suite struct HostUseTests {
    private static let root = "/sys/devices/pci0000:00"

    private func uses(_ change: (SampleTree) throws -> Void) throws -> [HostUse] {
        let facts = try SampleNode.facts(change)
        #expect(facts.untracedUses.isEmpty, "\(facts.untracedUses)")
        return try #require(facts.hostUses.value)
    }

    private func ways(_ purpose: HostUse.Purpose, in uses: [HostUse]) -> [String] {
        uses.filter { $0.purpose == purpose }
            .map { ([$0.subject] + $0.path + [$0.function.description]).joined(separator: ">") }
    }

    // MARK: USB

    private static func plug(
        _ tree: SampleTree, _ name: String, _ id: String, _ words: String, interface: String? = nil, code: String = "00"
    ) throws {
        let device = "\(root)/0000:00:14.0/usb1/\(name)"
        let ids = id.split(separator: ":").map(String.init)
        for (file, text) in [("idVendor", ids[0]), ("idProduct", ids[1]), ("product", words), ("bDeviceClass", code)] {
            try tree.file("\(device)/\(file)", text + "\n")
        }
        try tree.link("/sys/bus/usb/devices/\(name)", to: device)
        guard let interface else { return }
        let parts = [interface.prefix(2), interface.dropFirst(2).prefix(2), interface.suffix(2)].map(String.init)
        for (file, text) in zip(["bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol"], parts) {
            try tree.file("\(device)/\(name):1.0/\(file)", text + "\n")
        }
        try tree.link("/sys/bus/usb/devices/\(name):1.0", to: "\(device)/\(name):1.0")
    }

    @Test func whatIsPluggedIntoAController() throws {
        let uses = try uses { tree in
            try Self.plug(tree, "usb1", "1d6b:0002", "xHCI Host Controller", interface: "090000", code: "09")
            try Self.plug(tree, "1-1", "05e3:0608", "USB2.0 Hub", interface: "090000", code: "09")
            try Self.plug(tree, "1-1.2", "046d:c31c", "USB Keyboard", interface: "030101")
            try Self.plug(tree, "1-3", "046d:c077", "USB Optical Mouse", interface: "030102")
            try Self.plug(tree, "1-4", "0529:0001", "HASP HL 3.25", interface: "ff0000")
            try Self.plug(tree, "1-5", "051d:0002", "Back-UPS\tES 700", interface: "030000")
        }
        let end = "0000:00:14.0"
        #expect(ways(.keyboard, in: uses) == ["USB Keyboard>1-1.2>\(end)"])
        #expect(ways(.licenceDongle, in: uses) == ["HASP HL 3.25>1-4>\(end)"])
        #expect(ways(.powerSupply, in: uses) == ["051d:0002>1-5>\(end)"], "a tab would break the table")
    }

    // MARK: Kernel devices

    @Test func whatElseHangsOnFunctions() throws {
        let uses = try uses { tree in
            for (kind, name, place) in [
                ("tpm", "tpm0", "0000:00:1f.5/spi_master/spi0/spi0.0"), ("ipmi", "ipmi0", "0000:02:00.0"),
                ("watchdog", "watchdog0", "0000:00:1f.4/iTCO_wdt"), ("watchdog", "watchdog1", "0000:00:1f.4/iTCO_wdt"),
            ] {
                let device = "\(Self.root)/\(place)/\(kind)/\(name)"
                try tree.file("\(device)/dev", "10:1\n")
                try tree.link("/sys/class/\(kind)/\(name)", to: device)
            }
            try tree.file("\(Self.root)/0000:00:1f.4/iTCO_wdt/watchdog/watchdog0/state", "inactive\n")
            try tree.file("\(Self.root)/0000:00:1f.4/iTCO_wdt/watchdog/watchdog1/state", "active\n")
            try tree.file("/sys/devices/virtual/tty/console/active", "tty0 ttyS4\n")
            try tree.link("/sys/class/tty/console", to: "/sys/devices/virtual/tty/console")
            let port = "\(Self.root)/0000:00:16.3/tty/ttyS4"
            try tree.link("\(port)/device", to: "\(Self.root)/0000:00:16.3")
            try tree.link("/sys/class/tty/ttyS4", to: port)
        }
        #expect(ways(.tpm, in: uses) == ["tpm0>tpm0>0000:00:1f.5"])
        #expect(ways(.ipmi, in: uses) == ["ipmi0>ipmi0>0000:02:00.0"])
        #expect(ways(.watchdog, in: uses) == ["watchdog1>watchdog1>0000:00:1f.4"], "the other one was never started")
        #expect(ways(.serialConsole, in: uses) == ["ttyS4>ttyS4>0000:00:16.3"])
    }

    // MARK: Disks

    private static func disk(_ tree: SampleTree, _ name: String, _ number: Int) throws {
        let device = "\(root)/0000:00:17.0/ata2/host1/target1:0:0/1:0:0:0/block/\(name)"
        for part in [0, 1] {
            let path = part == 0 ? device : "\(device)/\(name)\(part)"
            try tree.file("\(path)/dev", "8:\(number + part)\n")
            try tree.link("/sys/class/block/\(name)\(part == 0 ? "" : "1")", to: path)
        }
    }

    @Test func aPoolCountsWhenItIsImported() throws {
        func pool(_ status: String?) throws -> [HostUse] {
            try uses { tree in
                try Self.disk(tree, "sdb", 16)
                try tree.file("/run/udev/data/b8:17", "E:ID_FS_TYPE=zfs_member\nE:ID_FS_UUID=123\n")
                try tree.directory("/proc")
                try tree.tool("zpool", status.map { "printf '\($0)'" } ?? "echo 'no pools available'")
            }
        }
        let foreign = try pool(nil)
        #expect(ways(.zfsForeign, in: foreign) == ["sdb1>sdb1>0000:00:17.0"])
        #expect(ways(.zfsVdev, in: foreign).isEmpty)
        let imported = try pool(
            "  pool: tank\\n state: ONLINE\\nconfig:\\n\\ttank ONLINE\\n\\t  /dev/sdb1 ONLINE 0 0 0\\n")
        #expect(ways(.zfsVdev, in: imported) == ["tank>sdb1>0000:00:17.0"])
        #expect(ways(.zfsForeign, in: imported).isEmpty)
    }

    @Test func anotherSystemsBootPartitionIsNotTheHosts() throws {
        let esp =
            "E:ID_FS_TYPE=vfat\nE:ID_FS_UUID=AAAA-0001\n"
            + "E:ID_PART_ENTRY_TYPE=c12a7328-f81f-11d2-ba4b-00a0c93ec93b\n"
        func boots(_ listed: String) throws -> [String] {
            ways(
                .bootFileSystem,
                in: try uses { tree in
                    try Self.disk(tree, "sdb", 16)
                    try tree.file("/run/udev/data/b8:17", esp)
                    try tree.file("/etc/kernel/proxmox-boot-uuids", listed)
                })
        }
        let own = "ESP>nvme0n1p2>10000:e0:06.0"
        #expect(try boots("6D31-87F4\n") == [own])
        #expect(try boots("\n") == [own, "ESP>sdb1>0000:00:17.0"], "nobody says which one it is")
    }

    @Test func aFileSystemOverSeveralDisksUsesAll() throws {
        let disks = try ["00:17.0", "01:00.0"].enumerated().map { index, address in
            BlockDevice(
                name: "sd\(index)", number: "8:\(index)", functions: [try #require(PCIAddress(address))],
                content: "btrfs", uuid: "aa-bb")
        }
        var collector = UseCollector(graph: DeviceGraph(interfaces: [], blocks: disks))
        let isTraced = collector.add(mount: ["0:45", "/data", "btrfs", "/dev/sd0"], [:])
        #expect(isTraced)
        #expect(collector.uses.map(\.function.short) == ["00:17.0", "01:00.0"])
    }

    // MARK: Network

    @Test func bondsVLANsAndSwitchesCount() throws {
        let uses = try uses { tree in
            for (number, name) in ["eno2", "eno3", "eno4"].enumerated() {
                let card = "\(Self.root)/0000:0\(number + 3):00.0"
                try tree.file("\(card)/net/\(name)/address", "00:11:22:33:44:6\(number)\n")
                try tree.link("\(card)/net/\(name)/device", to: card)
                try tree.link("/sys/class/net/\(name)", to: "\(card)/net/\(name)")
            }
            let virtual = "/sys/devices/virtual/net"
            for name in ["bond1", "eno3.7", "ovs-system", "vmbr9"] {
                try tree.file("\(virtual)/\(name)/address", "02:00:00:00:00:09\n")
                try tree.link("/sys/class/net/\(name)", to: "\(virtual)/\(name)")
            }
            try tree.file("\(virtual)/bond1/bonding/slaves", "eno2\n")
            try tree.file("\(virtual)/eno3.7/uevent", "DEVTYPE=vlan\n")
            try tree.link("\(virtual)/eno3.7/lower_eno3", to: "\(virtual)/eno3.7")
            try tree.link("\(virtual)/ovs-system/lower_eno4", to: "\(virtual)/vmbr9")
            try tree.link("\(virtual)/ovs-system/lower_tap105i0", to: "\(virtual)/vmbr9")
        }
        #expect(ways(.bondPort, in: uses) == ["bond1>bond1>eno2>0000:03:00.0"], "bond0 is in the bridge")
        #expect(ways(.vlanParent, in: uses) == ["eno3.7>eno3.7>eno3>0000:04:00.0"])
        #expect(ways(.bridgePort, in: uses).contains("ovs-system>ovs-system>eno4>0000:05:00.0"))
    }

    @Test func bridgesOfOpenSwitchUseEveryPort() throws {
        let card = try #require(PCIAddress("03:00.0"))
        var graph = DeviceGraph(
            interfaces: [
                NetworkInterface(name: "eno1", function: card),
                NetworkInterface(name: "ovs-system", lower: ["eno1"], isVirtual: true),
                NetworkInterface(name: "vmbr0", isVirtual: true),
                NetworkInterface(name: "vmbr1", kind: .bridge, isVirtual: true),
            ], blocks: [])
        let switched = graph.ways(fromInterface: "vmbr0")
        #expect(switched.map(\.path) == [["vmbr0", "ovs-system", "eno1"]])
        let (plain, isLost) = (graph.ways(fromInterface: "vmbr1"), graph.isUntraceable("vmbr1"))
        #expect(plain.isEmpty && !isLost)
        var alone = DeviceGraph(interfaces: [NetworkInterface(name: "wg0", isVirtual: true)], blocks: [])
        let isAlone = alone.isUntraceable("wg0")
        #expect(isAlone)
        var board = DeviceGraph(interfaces: [NetworkInterface(name: "end0")], blocks: [])
        let isOnBoard = board.isUntraceable("end0")
        #expect(!isOnBoard, "it sits on another bus than PCI")
    }
}
