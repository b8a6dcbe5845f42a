import Fleet

extension Hardware {
    /// Names network interfaces and disks that the description leaves unnamed, as systemd and the kernel would.
    mutating func nameDevices() {
        nameInterfaces()
        nameDisks()
    }

    private mutating func nameInterfaces() {
        for index in functions.indices where functions[index].isNetwork && functions[index].networkNames.isEmpty {
            functions[index].networkNames = [interfaceName(functions[index])]
        }
    }

    /// `enp3s0f1`: the path scheme of systemd.net-naming-scheme(7).
    private func interfaceName(_ function: Function) -> String {
        let at = function.address
        let kind = function.described.class.sub == 0x80 ? "wl" : "en"
        let domain = at.domain == 0 ? "" : "P\(at.domain)"
        let several = functions.contains { $0.address.slot == at.slot && $0.address.function > 0 }
        return "\(kind)\(domain)p\(at.bus)s\(at.device)" + (several ? "f\(at.function)" : "")
    }

    private mutating func nameDisks() {
        let described = Set(functions.flatMap(\.diskNames))
        var nvme = 0
        var letters = "abcdefghijklmnopqrstuvwxyz".unicodeScalars.map { "sd\($0)" }[...]
        let several = functions.contains { !$0.diskNames.isEmpty }
        for index in functions.indices where functions[index].isDiskController && functions[index].diskNames.isEmpty {
            if functions[index].described.class.sub == 0x08 {
                while described.contains("nvme\(nvme)n1") { nvme += 1 }
                functions[index].diskNames = ["nvme\(nvme)n1"]
                nvme += 1
            } else if !several {
                if let name = letters.popFirst() { functions[index].diskNames = [name] }
            }
        }
    }

    /// The first wired interface that a driver serves.
    var managementInterface: (at: PCIAddress, name: String)? {
        let wired = functions.filter { $0.isNetwork && $0.described.class.sub == 0x00 && $0.physicalFunction == nil }
        let chosen = Self.likeliestHosts(wired) ?? wired.first
        return chosen.flatMap { function in function.networkNames.first.map { (function.address, $0) } }
    }

    /// The disk on the first storage function that a driver serves.
    var rootDisk: (at: PCIAddress, name: String)? {
        let disks = functions.filter { !$0.diskNames.isEmpty && !$0.drivers.isEmpty }
        let chosen = Self.likeliestHosts(disks.filter(\.described.class.isStorage)) ?? Self.likeliestHosts(disks)
        return chosen.flatMap { function in function.diskNames.first.map { (function.address, $0) } }
    }

    /// What vfio-pci holds in the description belongs to a guest. Where the description names drivers, what has none is not
    /// in use.
    private static func likeliestHosts(_ functions: [Function]) -> Function? {
        let own = functions.filter { $0.described.driver?.description != Driver.vfio.name }
        return own.first { $0.described.driver != nil } ?? own.first { !$0.drivers.isEmpty }
    }
}

extension Hardware.Function {
    var isNetwork: Bool { described.class.isNetwork }
    /// A controller with disks of its own; a VMD controller has them in its own domain.
    var isDiskController: Bool { described.class.isStorage && drivers.first.map { $0.name != "vmd" } ?? false }
}
