/// One graphics card or accelerator of a node, with what matters for passing it through.
public struct GPUReport: Hashable, Sendable, Codable {
    public var node: NodeName
    /// The display or accelerator function.
    public var address: PCIAddress
    public var id: PCIID
    public var name: String?
    /// All functions of the card: the display function, audio, USB, UCSI, …
    public var functions: [Function]
    /// The IOMMU group of the display function; nil = in none.
    public var group: Int?
    /// Nothing but this card and bridges is in its groups; nil = it is in no group.
    public var isAlone: Bool?
    /// The firmware's console; nil = sysfs does not say.
    public var isBootVGA: Bool?
    /// Running or stopped guests whose configuration names this card.
    public var guests: [VMID]
    public var link: PCILink?
    public var numaNode: Int?
    public var resetMethods: [String]?

    public struct Function: Hashable, Sendable, Codable {
        public var address: PCIAddress
        public var id: PCIID
        public var driver: ModuleName?
    }

    /// Every function is on vfio-pci.
    public var isReady: Bool { functions.allSatisfy { $0.driver == "vfio-pci" } }
}

extension GPUReport {
    /// The cards of one node in address order. Unknown functions give no cards: ask `facts.functions` first.
    /// `holders` = the guests whose `hostpci` lines name each slot.
    public static func cards(of node: NodeName, _ facts: NodeFacts, holders: [PCISlot: [VMID]] = [:]) -> [GPUReport] {
        let all = facts.functions.value ?? []
        let groups = Dictionary(grouping: all.filter { $0.group != nil }, by: { $0.group })
        return all.filter { ($0.class.isDisplay || $0.class.isAccelerator) && $0.physicalFunction == nil }.map { gpu in
            let functions = all.filter { $0.address.slot == gpu.address.slot && $0.physicalFunction == nil }
            let members = Set(functions.compactMap(\.group)).flatMap { groups[$0] ?? [] }
            return GPUReport(
                node: node, address: gpu.address, id: gpu.id, name: gpu.name,
                functions: functions.map { .init(address: $0.address, id: $0.id, driver: $0.driver) },
                group: gpu.group,
                isAlone: gpu.group.map { _ in
                    members.allSatisfy { $0.address.slot == gpu.address.slot || $0.hasSecondaryBus }
                },
                isBootVGA: gpu.bootVGA, guests: holders[gpu.address.slot] ?? [], link: gpu.link,
                numaNode: gpu.numaNode, resetMethods: gpu.resetMethods)
        }
    }
}
