/// One graphics card or accelerator of a node, with what matters for passing it through.
public struct GPUReport: Hashable, Sendable, Codable {
    public var node: NodeName
    /// The display or accelerator function.
    public var address: PCIAddress
    public var id: PCIID
    /// The board's maker and model.
    public var subsystem: PCIID?
    /// Vendor and device in full, as the PCI ID database has it.
    public var name: String?
    /// All functions of the card: the display function, audio, USB, UCSI, …
    public var functions: [Function]
    /// The IOMMU group of the display function; nil = in none.
    public var group: Int?
    /// Nothing but this card and bridges is in its groups; nil = it is in no group.
    public var isAlone: Bool?
    /// The functions that go with it because they share a group: neither its own nor bridges.
    public var companions: [Function]
    /// The firmware's console; nil = sysfs does not say.
    public var isBootVGA: Bool?
    /// Whether every function is on vfio-pci now.
    public var isReady: Bool
    /// Who puts it on vfio-pci.
    public var binding: Binding
    /// Running or stopped guests whose configuration names this card.
    public var guests: [VMID]
    /// The guest that has it at this moment.
    public var heldBy: VMID?
    /// The display function's own link. Where the card has a switch of its own, that is not the link of the slot.
    public var link: PCILink?
    /// The narrowest link between the card and the host.
    public var slotLink: LinkPath?
    public var numaNode: Int?
    public var resetMethods: [String]?
    public var powerState: String?
    /// Sizes of the memory BARs of the display function in bytes, by BAR number.
    public var barSizes: [Int: UInt64]
    /// nil = it has none that the node sees.
    public var rom: PCIROM?
    public var sriov: SRIOV?
    public var hasMediatedDevices: Bool
    /// Left out where only what the card is was asked for.
    public var prospect: GPUProspect?

    public struct Function: Hashable, Sendable, Codable {
        public var address: PCIAddress
        public var id: PCIID
        public var `class`: PCIClass
        public var name: String?
        public var driver: ModuleName?
        public var group: Int?
    }

    public enum Binding: String, Hashable, Sendable, Codable, CaseIterable {
        /// The node's settings: the ids of vfio-pci, or an address told to the kernel.
        case boot
        /// Proxmox, when a guest that names it starts.
        case guestStart = "guest-start"
        /// It is on vfio-pci, and neither a setting nor a guest says why.
        case unexplained
        case none
    }
}

extension GPUReport {
    /// The cards of one node in address order. Unknown functions give no cards: ask `facts.functions` first.
    /// `judged`: with what handing them over would mean.
    public static func cards(of node: NodeName, _ facts: NodeFacts, judged: Bool = false) -> [GPUReport] {
        let machine = Surroundings(facts)
        return machine.functions
            .filter { ($0.class.isDisplay || $0.class.isAccelerator) && $0.physicalFunction == nil }
            .map { function in
                var card = GPUReport(node, function, machine)
                if judged { card.prospect = GPUProspect(of: card, facts) }
                return card
            }
    }

    private init(_ node: NodeName, _ gpu: PCIFunction, _ machine: Surroundings) {
        let own = machine.functions.filter { $0.address.slot == gpu.address.slot && $0.physicalFunction == nil }
        let companions = machine.companions(of: own)
        let guests = machine.holders[gpu.address.slot] ?? []
        self.node = node
        address = gpu.address
        id = gpu.id
        subsystem = gpu.subsystem
        name = gpu.name
        functions = own.map(Function.init)
        group = gpu.group
        isAlone = gpu.group.map { _ in companions.isEmpty }
        self.companions = companions.map(Function.init)
        isBootVGA = gpu.bootVGA
        isReady = own.allSatisfy { $0.driver == "vfio-pci" }
        binding =
            own.allSatisfy(machine.isBoundAtBoot)
            ? .boot : !guests.isEmpty ? .guestStart : own.contains { $0.driver == "vfio-pci" } ? .unexplained : .none
        self.guests = guests
        heldBy = guests.first(where: machine.running.contains)
        link = gpu.link
        slotLink = LinkPath(of: gpu, among: machine.byAddress)
        numaNode = gpu.numaNode
        resetMethods = gpu.resetMethods
        powerState = gpu.powerState
        barSizes = gpu.barSizes
        rom = gpu.rom
        sriov = gpu.sriov
        hasMediatedDevices = gpu.hasMediatedDeviceTypes
    }
}

extension GPUReport.Function {
    fileprivate init(_ function: PCIFunction) {
        address = function.address
        id = function.id
        self.class = function.class
        name = function.name
        driver = function.driver
        group = function.group
    }
}

/// What of a node's facts decides about its cards.
private struct Surroundings {
    let functions: [PCIFunction]
    let byAddress: [PCIAddress: PCIFunction]
    let holders: [PCISlot: [VMID]]
    let running: Set<VMID>
    private let groups: [Int: [PCIFunction]]
    private let bootIDs: Set<PCIID>

    init(_ facts: NodeFacts) {
        functions = facts.functions.value ?? []
        byAddress = Dictionary(functions.map { ($0.address, $0) }, uniquingKeysWith: { first, _ in first })
        groups = Dictionary(grouping: functions.filter { $0.group != nil }, by: { $0.group ?? 0 })
        holders = GuestDevices.holders(in: facts)
        running = Set((facts.guests.value ?? []).filter { $0.state.value == .running }.map(\.id))
        bootIDs = VFIOIDs.effective(in: facts)
    }

    func companions(of own: [PCIFunction]) -> [PCIFunction] {
        let members = Set(own.compactMap(\.group)).sorted().flatMap { groups[$0] ?? [] }
        return members.filter { member in
            !member.hasSecondaryBus && !own.contains { $0.address.slot == member.address.slot }
        }
    }

    func isBoundAtBoot(_ function: PCIFunction) -> Bool {
        bootIDs.contains(function.id) || function.driverOverride == "vfio-pci"
    }
}
