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
        guard let name = network.bridge else { return }
        let bridge = "/devices/virtual/net/\(name)"
        try writeInterface(name, at: bridge, device: nil, mac: bridgeAddress)
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
