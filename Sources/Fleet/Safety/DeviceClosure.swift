/// Everything that leaves the host when functions are handed to a guest, and how each gets taken along.
///
///     let closure = DeviceClosure(of: [address], facts)
///     closure.members.filter { !critical.vital($0.function.address).isEmpty }     // what the host would lose
public struct DeviceClosure: Hashable, Sendable {
    public struct Member: Hashable, Sendable {
        public var function: PCIFunction
        public var cause: Cause
    }

    /// Why a function leaves the host.
    public enum Cause: Hashable, Sendable {
        case wanted
        /// Proxmox binds it to vfio-pci when the guest starts, for it is in an IOMMU group with a wanted function and has
        /// no `pci_bus` directory (`SysFSTools.pm`, `pci_dev_group_bind_to_vfio`).
        case group(Int)
        /// A virtual function: it vanishes when its physical function loses its driver.
        case virtualFunction(of: PCIAddress)
        /// It sits behind a controller that makes a PCI domain of its own (Intel VMD), and vanishes with its driver.
        case behind(PCIAddress)
    }

    /// In address order, each once: a function that is wanted counts as wanted, whatever else takes it.
    public let members: [Member]
    /// Bridges and switch ports above the wanted functions, nearest first: they stay with the host.
    public let bridges: [PCIFunction]
    /// Functions of the same devices that stay with the host although the rest of the device goes.
    public let leftBehind: [PCIFunction]
    /// Groups of the wanted functions, ascending; empty where there are none, as with the IOMMU off.
    public let groups: [Int]

    /// - Parameter addresses: the wanted functions; those the node does not have are passed over.
    public init(of addresses: [PCIAddress], _ facts: NodeFacts) {
        let table = FunctionTable(facts.functions.value ?? [])
        self.init(addresses.compactMap { table[$0] }, in: table)
    }

    init(_ wanted: [PCIFunction], in table: FunctionTable) {
        let groups = Set(wanted.compactMap(\.group))
        var causes: [PCIAddress: Cause] = [:]
        for function in wanted { causes[function.address] = .wanted }
        for function in table.sorted where causes[function.address] == nil && !function.hasSecondaryBus {
            if let group = function.group, groups.contains(group) { causes[function.address] = .group(group) }
        }
        Self.addDependents(to: &causes, table)
        members = table.sorted.compactMap { function in
            causes[function.address].map { Member(function: function, cause: $0) }
        }
        bridges = Self.bridges(above: wanted, table)
        let slots = Set(wanted.filter { $0.physicalFunction == nil }.map(\.address.slot))
        let cards = Set(wanted.compactMap(table.switchOnCard))
        leftBehind = table.sorted.filter { function in
            guard causes[function.address] == nil, !function.isBridge, function.physicalFunction == nil else {
                return false
            }
            return slots.contains(function.address.slot)
                || !cards.isDisjoint(with: table.ancestors(of: function.address))
        }
        self.groups = groups.sorted()
    }

    /// What can't exist without a member: its virtual functions, and what a controller of a PCI domain has behind it.
    private static func addDependents(to causes: inout [PCIAddress: Cause], _ table: FunctionTable) {
        let taken = Set(causes.keys)
        for function in table.sorted where causes[function.address] == nil {
            if let physical = function.physicalFunction, taken.contains(physical) {
                causes[function.address] = .virtualFunction(of: physical)
            } else if function.parent != nil,
                let above = table.ancestors(of: function.address).first(where: taken.contains)
            {
                causes[function.address] = .behind(above)
            }
        }
    }

    private static func bridges(above wanted: [PCIFunction], _ table: FunctionTable) -> [PCIFunction] {
        wanted.flatMap { table.ancestors(of: $0.address) }.reduce(into: []) { bridges, address in
            if let bridge = table[address], !bridges.contains(bridge) { bridges.append(bridge) }
        }
    }
}

extension DeviceClosure {
    /// Members that nobody asked for.
    public var others: [Member] { members.filter { $0.cause != .wanted } }

    /// The wanted functions sit in more than one group: the hardware, or `pcie_acs_override`, separates them.
    public var isSplit: Bool { groups.count > 1 }
}

extension FunctionTable {
    /// The upper port of the switch that a graphics card has on itself, behind which all of the card sits: Intel's Arc has
    /// its sound in another slot there. A switch of the board is another maker's, or leads to cards of several.
    func switchOnCard(_ function: PCIFunction) -> PCIAddress? {
        guard function.class.isDisplay || function.class.isAccelerator,
            let lower = function.parent.flatMap({ self[$0] }),
            let upper = lower.parent.flatMap({ self[$0] }), upper.parent != nil,
            [lower.id.vendor, upper.id.vendor] == [function.id.vendor, function.id.vendor], !upper.isThunderboltPort
        else { return nil }
        return upper.address
    }
}

extension PCIFunction {
    /// Below a controller that makes a PCI domain of its own. Linux numbers such domains from 10000 on
    /// (`drivers/pci/controller/vmd.c`); firmware has 16 bits for its own.
    var isBehindVMD: Bool { address.domain > 0xffff }

    /// An NVSwitch, through which GPUs on one board reach each other: an NVIDIA bridge device of class 0680.
    var isNVSwitch: Bool { id.vendor == 0x10de && self.class.base == 0x06 && self.class.sub == 0x80 }
}
