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
    /// A display controller of a management controller: the host's console, never a GPU for guests. ASPEED and ServerEngines
    /// make nothing else today. Of the others it is some kinds: Matrox' G200 for servers, XGI's Z7 to Z11, Silicon Motion's
    /// SM718 and SM750, HiSilicon's hibmc, ATI's ES1000 and Rage XL.
    var isManagementDisplay: Bool {
        guard self.class.isDisplay else { return false }
        switch (id.vendor, id.device) {
        case (0x1a03, _), (0x19a2, _): return true
        case (0x102b, let kind): return (0x0522...0x053f).contains(kind) && ![0x0525, 0x0527, 0x0528].contains(kind)
        case (0x18ca, 0x0020...0x0027), (0x126f, 0x0718), (0x126f, 0x0750): return true
        case (0x19e5, 0x1711), (0x1002, 0x515e), (0x1002, 0x4752): return true
        default: return false
        }
    }

    /// An IPMI interface (class 0c07), or HPE's iLO, which has a class of no meaning (kernel `drivers/misc/hpilo.c`).
    var isManagementInterface: Bool {
        self.class.base == 0x0c && self.class.sub == 0x07 || id.vendor == 0x103c && id.device == 0x3307
    }

    /// Proxmox passes no bridge to a guest, and skips it in a group.
    var isBridge: Bool { hasSecondaryBus || self.class.isPCIBridge }

    /// `01:00.0 (NVIDIA TU106 [GeForce RTX 2070], 10de:1f02)`
    var words: String { "\(address.short) (\(name.map { "\($0), " } ?? "")\(id))" }
}

extension [PCIFunction] {
    /// The display the firmware chose. Only VGA functions tell (`boot_vga`); one of another class (0380) that is the only
    /// one with outputs is it all the same. 3D controllers (0302) have none.
    var firmwareDisplay: PCIFunction? {
        if let told = first(where: { $0.bootVGA == true }) { return told }
        let displays = filter { $0.class.isDisplay && $0.class.sub != 0x02 && $0.physicalFunction == nil }
        return displays.count == 1 && !displays[0].class.isVGA ? displays[0] : nil
    }
}
