import Fleet

/// Where things are in `/sys`. Paths start at `/devices`, as links in sysfs are relative.
struct SysfsLayout {
    let hardware: Hardware
    private let paths: [PCIAddress: String]

    init(_ hardware: Hardware) {
        self.hardware = hardware
        paths = Dictionary(
            uniqueKeysWithValues: hardware.functions.map { ($0.address, Self.path($0.address, hardware)) })
    }

    /// `/devices/pci0000:00/0000:00:01.0/0000:01:00.0`
    func directory(of address: PCIAddress) -> String { paths[address] ?? "/devices/\(address)" }

    private static func path(_ address: PCIAddress, _ hardware: Hardware) -> String {
        var path = "/devices"
        var bus: UInt32?
        for step in hardware.path(to: address) {
            if bus != step.domain { path += "/pci\(hex(step.domain, digits: 4)):\(hex(step.bus, digits: 2))" }
            bus = step.domain
            path += "/\(step)"
        }
        return path
    }
}

/// The link from a directory of sysfs to another place in it: `../../../bus/pci`.
func relativeLink(from directory: String, to target: String) -> String {
    let from = directory.split(separator: "/")
    let to = target.split(separator: "/")
    let common = zip(from, to).prefix { $0 == $1 }.count
    return (Array(repeating: "..", count: from.count - common) + to.dropFirst(common)).joined(separator: "/")
}

extension NodeFiles {
    /// A link named `name` in `directory` to another place of the same tree.
    func relate(_ directory: String, _ name: String, to target: String) throws(LabError) {
        try link("\(directory)/\(name)", to: relativeLink(from: directory, to: target))
    }
}
