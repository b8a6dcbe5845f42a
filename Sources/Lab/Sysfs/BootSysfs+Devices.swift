import Fleet

extension BootSysfs {
    /// Interfaces exist where the function's own driver, and not vfio-pci, has it.
    func writeInterfaces() throws(LabError) {
        try writeInterface("lo", at: "/devices/virtual/net/lo", device: nil, mac: "00:00:00:00:00:00")
        for function in hardware.functions where isServed(function) {
            for name in function.networkNames {
                let device = layout.directory(of: function.address)
                try writeInterface(
                    name, at: "\(device)/net/\(name)", device: device,
                    mac: macAddress(function.address, name))
            }
        }
        try writeBridge()
    }

    func isServed(_ function: Hardware.Function) -> Bool {
        state.drivers[function.address].map { $0.name != Driver.vfio.name } ?? false
    }

    private func writeInterface(_ name: String, at path: String, device: String?, mac: String) throws(LabError) {
        let isUp = name == "lo" || setup.network.isUsed(name)
        let values = [
            "address": mac, "operstate": isUp ? "up" : "down", "mtu": "1500", "type": name == "lo" ? "772" : "1",
            "ifindex": "\(name.utf8.reduce(2) { ($0 &* 31 &+ Int($1)) & 0xfff })", "addr_len": "6",
        ]
        for (attribute, value) in values { try files.make("\(path)/\(attribute)", value + "\n", mode: 0o444) }
        if let device { try files.relate(path, "device", to: device) }
        try files.relate(path, "subsystem", to: "/class/net")
        try files.relate("/class/net", name, to: path)
    }

    private func writeBridge() throws(LabError) {
        let network = setup.network
        if let bond = network.bond { try writeBond(bond) }
        let bridge = "/devices/virtual/net/\(network.bridge)"
        try writeInterface(network.bridge, at: bridge, device: nil, mac: bridgeAddress)
        try files.make("\(bridge)/bridge/bridge_id", "8000.000000000000\n", mode: 0o444)
        for port in network.bridgePorts {
            guard let path = files.link("/class/net/\(port)").map({ "/" + $0.drop { $0 == "." || $0 == "/" } })
            else { continue }
            try files.make("\(path)/brport/state", "3\n", mode: 0o444)
            try files.relate("\(path)/brport", "bridge", to: bridge)
            try files.relate(path, "master", to: bridge)
            try files.relate("\(bridge)/brif", port, to: "\(path)/brport")
        }
    }

    private func writeBond(_ bond: String) throws(LabError) {
        let path = "/devices/virtual/net/\(bond)"
        try writeInterface(bond, at: path, device: nil, mac: bridgeAddress)
        try files.make("\(path)/bonding/slaves", setup.network.ports.joined(separator: " ") + "\n", mode: 0o444)
        try files.make("\(path)/bonding/mode", "active-backup 1\n", mode: 0o444)
        for port in setup.network.ports {
            guard let target = files.link("/class/net/\(port)") else { continue }
            try files.relate("/" + target.drop { $0 == "." || $0 == "/" }, "master", to: path)
        }
    }

    /// A bridge takes its first port's address; without a port it makes one up.
    private var bridgeAddress: String {
        let port = setup.network.ports.first
        let function = hardware.functions.first { port.map($0.networkNames.contains) ?? false }
        return function.flatMap { isServed($0) ? macAddress($0.address, port ?? "") : nil } ?? "02:00:00:00:00:01"
    }
}

/// A hardware address that depends on nothing but the place of the card.
func macAddress(_ address: PCIAddress, _ name: String) -> String {
    let sum = name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xff }
    return [
        "a0", "36", hex(UInt8(address.domain & 0xff), digits: 2), hex(address.bus, digits: 2),
        hex(address.device << 3 | address.function, digits: 2), hex(sum, digits: 2),
    ].joined(separator: ":")
}

extension BootSysfs {
    /// Disks hang on their controller; the root disk has the partitions that Proxmox' installer makes.
    func writeDisks() throws(LabError) {
        for function in hardware.functions where isServed(function) {
            for (index, name) in function.diskNames.enumerated() {
                let path = diskPath(name, index, layout.directory(of: function.address))
                try writeDisk(name, at: path)
            }
        }
        if setup.root == .lvm { try writeMapper() }
    }

    private func diskPath(_ name: String, _ index: Int, _ controller: String) -> String {
        if name.hasPrefix("nvme") {
            return "\(controller)/nvme/\(nvme(name))/\(name)"
        }
        if name.hasPrefix("mmc") { return "\(controller)/mmc_host/mmc0/mmc0:0001/block/\(name)" }
        return "\(controller)/ata\(index + 1)/host\(index)/target\(index):0:0/\(index):0:0:0/block/\(name)"
    }

    /// `nvme0n1` belongs to `nvme0`.
    private func nvme(_ name: String) -> String {
        String(name.prefix(4) + name.dropFirst(4).prefix { $0.isNumber })
    }

    private func writeDisk(_ name: String, at path: String) throws(LabError) {
        let sectors = 976_773_168
        try writeBlock(name, at: path, number: "8:0", sectors: sectors)
        let parent = path.split(separator: "/").dropLast(path.contains("/block/") ? 2 : 1).joined(separator: "/")
        try files.relate(path, "device", to: "/" + parent)
        try files.make("\(path)/queue/rotational", "0\n", mode: 0o444)
        try files.relate("/block", name, to: path)
        guard name == setup.rootDisk else { return }
        for (number, size) in [(1, 2014), (2, 2_097_152), (3, sectors - 2_099_200)] {
            let partition = partitionName(name, number)
            try writeBlock(partition, at: "\(path)/\(partition)", number: "8:\(number)", sectors: size)
            try files.make("\(path)/\(partition)/partition", "\(number)\n", mode: 0o444)
        }
    }

    private func writeBlock(_ name: String, at path: String, number: String, sectors: Int) throws(LabError) {
        try files.make("\(path)/dev", number + "\n", mode: 0o444)
        try files.make("\(path)/size", "\(sectors)\n", mode: 0o444)
        try files.make("\(path)/uevent", "DEVNAME=\(name)\nDEVTYPE=disk\n", mode: 0o444)
        try files.relate(path, "subsystem", to: "/class/block")
        try files.relate("/class/block", name, to: path)
    }

    private func writeMapper() throws(LabError) {
        guard let disk = setup.rootDisk, let target = files.link("/block/\(disk)") else { return }
        let parent = "/" + target.drop { $0 == "." || $0 == "/" }
        let partition = partitionName(disk, 3)
        for (number, name) in [(0, "pve-swap"), (1, "pve-root")] {
            let path = "/devices/virtual/block/dm-\(number)"
            try writeBlock("dm-\(number)", at: path, number: "252:\(number)", sectors: 16_777_216)
            try files.make("\(path)/dm/name", name + "\n", mode: 0o444)
            try files.relate("\(path)/slaves", partition, to: "\(parent)/\(partition)")
            try files.relate("\(parent)/\(partition)/holders", "dm-\(number)", to: path)
            try files.relate("/block", "dm-\(number)", to: path)
        }
    }
}

/// `sda3`, `nvme0n1p3`
func partitionName(_ disk: String, _ number: Int) -> String {
    disk.last?.isNumber == true ? "\(disk)p\(number)" : "\(disk)\(number)"
}
