/// Quick answers about a node's PCI functions, and about those the host can't lose.
struct PCIIndex {
    let table: FunctionTable
    /// What the host can't do without a function, directly or through what rests on it (`HostCritical`).
    let uses: [PCIAddress: [HostUse]]

    init(_ functions: [PCIFunction], critical: HostCritical) {
        table = FunctionTable(functions)
        uses = critical.vitalTable
    }

    /// In address order.
    var functions: [PCIFunction] { table.sorted }

    func function(at address: PCIAddress) -> PCIFunction? { table[address] }

    /// The members of an IOMMU group, in address order.
    func members(of group: Int) -> [PCIFunction] { functions.filter { $0.group == group } }

    func functions(of slot: PCISlot) -> [PCIFunction] { functions.filter { $0.address.slot == slot } }
}

extension PCIFunction {
    /// A display controller of a management controller (ASPEED, Matrox): the host's console, never a GPU for guests.
    var isManagementDisplay: Bool { self.class.isDisplay && (id.vendor == 0x1a03 || id.vendor == 0x102b) }

    /// Proxmox passes no bridge to a guest, and skips it in a group.
    var isBridge: Bool { hasSecondaryBus || self.class.isPCIBridge }

    /// `01:00.0 (NVIDIA TU106 [GeForce RTX 2070], 10de:1f02)`
    var words: String { "\(address.short) (\(name.map { "\($0), " } ?? "")\(id))" }
}
