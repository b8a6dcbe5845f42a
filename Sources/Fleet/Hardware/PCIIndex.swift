/// Quick answers about a node's PCI functions, and about those the host can't lose.
struct PCIIndex {
    /// In address order.
    let functions: [PCIFunction]
    /// What the host uses a function for, directly or through the bridges above it.
    let uses: [PCIAddress: [HostUse]]

    init(_ functions: [PCIFunction], uses: [HostUse]) {
        let isSorted = functions.indices.dropFirst().allSatisfy { functions[$0 - 1].address < functions[$0].address }
        let sorted = isSorted ? functions : functions.sorted { $0.address < $1.address }
        self.functions = sorted
        var table: [PCIAddress: [HostUse]] = [:]
        for use in uses {
            for address in Self.ancestry(of: use.function, in: sorted) { table[address, default: []].append(use) }
        }
        self.uses = table
    }

    func function(at address: PCIAddress) -> PCIFunction? {
        Self.position(of: address, in: functions).map { functions[$0] }
    }

    /// The members of an IOMMU group, in address order.
    func members(of group: Int) -> [PCIFunction] {
        functions.indices.filter { functions[$0].group == group }.map { functions[$0] }
    }

    func functions(of slot: PCISlot) -> [PCIFunction] {
        functions.indices.filter { functions[$0].address.slot == slot }.map { functions[$0] }
    }

    /// The function and every bridge above it; ends at a loop.
    private static func ancestry(of address: PCIAddress, in functions: [PCIFunction]) -> [PCIAddress] {
        var chain = [address]
        while let position = position(of: chain[chain.count - 1], in: functions),
            let parent = functions[position].parent, !chain.contains(parent)
        { chain.append(parent) }
        return chain
    }

    private static func position(of address: PCIAddress, in functions: [PCIFunction]) -> Int? {
        var (low, high) = (0, functions.count)
        while low < high {
            let middle = (low + high) / 2
            if functions[middle].address < address { low = middle + 1 } else { high = middle }
        }
        return low < functions.count && functions[low].address == address ? low : nil
    }
}

extension PCIFunction {
    /// A display controller of a management controller (ASPEED, Matrox): the host's console, never a GPU for guests.
    var isManagementDisplay: Bool { self.class.isDisplay && (id.vendor == 0x1a03 || id.vendor == 0x102b) }

    /// Proxmox passes no bridge to a guest, and skips it in a group.
    var isBridge: Bool { hasSecondaryBus || self.class.isPCIBridge }

    /// `01:00.0 (NVIDIA TU106 [GeForce RTX 2070], 10de:1f02)`
    var words: String { "\(address.short) (\(name.map { "\($0), " } ?? "")\(id))" }
}
