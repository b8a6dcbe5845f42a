public import Fleet

/// Which functions of a described machine its host may be using. A description seldom says: the one place where what it
/// leaves open is decided.
///
/// What proves that the host does not use a function: vfio-pci holds it while the host runs; or nothing drives it, while
/// other functions of its kind are driven; or its owner says so. A name in `relations` is proof of being there, not of
/// being used.
public struct MachineUses: Sendable {
    /// Wired network interfaces, any of which may carry the host; each with its name. Cards first, then what hangs off
    /// USB controllers.
    public let network: [(function: PCIAddress, name: String)]
    /// Disk controllers, any of which may hold the root file system, each with its first disk's name; then USB and card
    /// readers with disks.
    public let storage: [(function: PCIAddress, name: String)]
    /// Displays, any of which may be the one the firmware chose. Empty = there is none.
    public let console: [PCIAddress]

    public init(_ machine: MachineDescription) {
        let given = Self.given[machine.name] ?? []
        let own = machine.functions.filter { $0.driver != "vfio-pci" && !given.contains($0.address.short) }
        let names = machine.interfaceNames
        let wired = Self.served(own.filter { $0.class.code >> 8 == 0x0200 }).map(\.address)
        let named = names.keys.filter {
            names[$0]?.hasPrefix("wl") == false && !wired.contains($0) && !given.contains($0.short)
        }
        network = (wired + named.sorted()).map { ($0, names[$0] ?? "en\(pathName($0))") }
        let disks = machine.diskNames
        let controllers = Self.served(own.filter { $0.class.isStorage && $0.driver != "vmd" }).map(\.address)
        let others = disks.keys.filter { !controllers.contains($0) && !given.contains($0.short) }.sorted()
        storage = (controllers + others).enumerated().map { ($1, disks[$1] ?? "disk\($0)") }
        console = Self.consoles(machine)
    }

    /// What owners say in their notes to be for guests.
    private static let given: [String: Set<String>] = [
        // “all network cards are one group and added a 10G Intel card (group 32) to have something passable”
        "hp-dl380p-gen8-smart-array": ["04:00.0"],
        // “The virtual functions are for guests”
        "asrock-c246-connectx4-vfs-one-group": ["01:00.2", "01:00.3", "01:00.4", "01:00.5"],
        // “Two of three equal NVMe disks are the ZFS mirror the host boots from”; the third is for a guest
        "asrock-x470d4u-three-equal-nvme": ["03:00.0"],
        // “The second 10G port is for a firewall”
        "threadripper-trx40-three-gpus-10g": ["43:00.1"],
        // “makes four virtual functions for guests; the second port and the on-board ports are for the host”
        "server-x710-four-vfs": ["41:00.0", "41:02.0", "41:02.1", "41:02.2", "41:02.3"],
    ]

    /// Those with a driver; all of them where the description names no drivers.
    private static func served(_ functions: [MachineDescription.Function]) -> [MachineDescription.Function] {
        let driven = functions.filter { $0.driver != nil }
        return driven.isEmpty ? functions : driven
    }

    /// The one that is told; a management controller's; else every VGA function that no guest has.
    private static func consoles(_ machine: MachineDescription) -> [PCIAddress] {
        for relation in machine.relations {
            if case .bootVGA(let address) = relation { return [address] }
        }
        let all = machine.functions.filter { $0.class.isVGA }
        let managed = all.filter { $0.id.vendor == 0x1a03 || $0.id.vendor == 0x102b }
        if !managed.isEmpty { return managed.prefix(1).map(\.address) }
        let free = all.filter { $0.driver != "vfio-pci" }
        return (free.isEmpty ? all : free).map(\.address)
    }

    /// Every one of them is the host's: what no possible owner could lose.
    public var cautious: [HostUse] {
        network.map {
            HostUse(purpose: .defaultRoute, subject: "vmbr0", path: ["vmbr0", $0.name], function: $0.function)
        }
            + storage.map {
                HostUse(
                    purpose: .rootFileSystem, subject: "/", path: ["/", "pve-root", $0.name], function: $0.function)
            }
    }

    /// The first of each under names that are always the same: how a simulated node is set up.
    public var usual: [HostUse] {
        let route = network.first.map {
            HostUse(purpose: .defaultRoute, subject: "vmbr0", path: ["vmbr0", "eno1"], function: $0.function)
        }
        let root = storage.first.map {
            HostUse(purpose: .rootFileSystem, subject: "/", path: ["/", "pve-root", "sda"], function: $0.function)
        }
        return [route, root].compactMap(\.self)
    }
}

/// `p3s0f1`, after systemd.net-naming-scheme(7).
private func pathName(_ at: PCIAddress) -> String {
    (at.domain == 0 ? "" : "P\(at.domain)") + "p\(at.bus)s\(at.device)" + (at.function == 0 ? "" : "f\(at.function)")
}

extension MachineDescription {
    /// The first name of each function's interfaces.
    fileprivate var interfaceNames: [PCIAddress: String] {
        relations.reduce(into: [:]) { names, relation in
            if case .nic(let at, let name) = relation, names[at] == nil { names[at] = name }
        }
    }

    fileprivate var diskNames: [PCIAddress: String] {
        relations.reduce(into: [:]) { names, relation in
            if case .disk(let at, let name) = relation, names[at] == nil { names[at] = name }
        }
    }
}
