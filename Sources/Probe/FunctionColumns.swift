import Fleet

/// Where the `pci` table keeps what, and how a row becomes a function.
struct FunctionColumns {
    private let address, path, `class`, vendor, device, subsystemVendor, subsystemDevice, revision: Int
    private let driver, driverModule, driverOverride, alias, group, secondaryBus, bootVGA: Int
    private let resetMethod, maximumSpeed, maximumWidth, numaNode: Int
    private let totalVFs, enabledVFs, physicalFunction, mediated, removable, bars: Int

    init(_ table: Table) {
        address = table.column("address")
        path = table.column("path")
        self.class = table.column("class")
        vendor = table.column("vendor")
        device = table.column("device")
        subsystemVendor = table.column("subsystem_vendor")
        subsystemDevice = table.column("subsystem_device")
        revision = table.column("revision")
        driver = table.column("driver")
        driverModule = table.column("driver_module")
        driverOverride = table.column("driver_override")
        alias = table.column("alias")
        group = table.column("iommu_group")
        secondaryBus = table.column("pci_bus")
        bootVGA = table.column("boot_vga")
        resetMethod = table.column("reset_method")
        maximumSpeed = table.column("max_link_speed")
        maximumWidth = table.column("max_link_width")
        numaNode = table.column("numa_node")
        totalVFs = table.column("sriov_totalvfs")
        enabledVFs = table.column("sriov_numvfs")
        physicalFunction = table.column("physfn")
        mediated = table.column("mdev")
        removable = table.column("removable")
        bars = table.column("bars")
    }

    /// Nil when what must be there is not, or makes no sense.
    func function(_ row: Table.Row, _ candidates: Observed<[Int: [ModuleName]]>) -> PCIFunction? {
        guard let address = row[address].value.flatMap({ PCIAddress(ascii: $0) }),
            let vendor = Self.hex16(row[vendor]), let device = Self.hex16(row[device]),
            let code = row[`class`].value?.dropping("0x").flatMap({ UInt32(hexDigits: $0) }),
            let `class` = PCIClass(code: code),
            let hasSecondaryBus = Self.flag(row[secondaryBus]), let hasTypes = Self.flag(row[mediated]),
            case .some(let driver) = Self.name(row[driver]), case .some(let module) = Self.name(row[driverModule]),
            case .some(let forced) = Self.override(row[driverOverride]),
            case .some(let group) = Self.number(row[group]),
            case .some(let parent) = Self.addressOrNone(row[physicalFunction])
        else { return nil }
        var function = PCIFunction(
            address: address, id: PCIID(vendor: vendor, device: device), class: `class`, driver: driver,
            driverModule: module, driverOverride: forced, group: group, hasSecondaryBus: hasSecondaryBus,
            physicalFunction: parent, hasMediatedDeviceTypes: hasTypes)
        function.modules = modules(row, candidates)
        addDetails(row, to: &function)
        return function
    }

    /// What may be missing without harm.
    private func addDetails(_ row: Table.Row, to function: inout PCIFunction) {
        if let vendor = Self.hex16(row[subsystemVendor]), let device = Self.hex16(row[subsystemDevice]),
            vendor != 0 || device != 0
        {
            function.subsystem = PCIID(vendor: vendor, device: device)
        }
        function.revision = row[revision].value?.dropping("0x").flatMap { UInt8(hexDigits: $0) }
        function.parent = row[path].value.flatMap(SysfsPath.parentFunction)
        function.bootVGA = Self.digit(row[bootVGA]).map { $0 != 0 }
        function.resetMethods = row[resetMethod].value.map { $0.words.map(\.text) }
        function.numaNode = Self.digit(row[numaNode])
        // "unknown" where the firmware does not tell (kernel, drivers/pci/probe.c, pci_set_removable).
        function.isRemovable = row[removable].value.flatMap {
            $0.equals("removable") ? true : $0.equals("fixed") ? false : nil
        }
        if let total = Self.digit(row[totalVFs]) {
            function.sriov = SRIOV(total: total, enabled: Self.digit(row[enabledVFs]) ?? 0)
        }
        let speed = row[maximumSpeed].value.flatMap(Self.speed)
        let width = row[maximumWidth].value.flatMap(Self.width)
        if speed != nil || width != nil {
            function.link = PCILink(currentSpeed: nil, maximumSpeed: speed, currentWidth: nil, maximumWidth: width)
        }
        if let windows = row[bars].value {
            for (number, window) in Self.windows(windows) {
                if number == Self.romNumber {
                    function.rom = PCIROM(size: window.size, isShadow: window.flags & 0x2 != 0)
                } else {
                    function.barSizes[number] = window.size
                }
            }
        }
    }

    private func modules(
        _ row: Table.Row, _ candidates: Observed<[Int: [ModuleName]]>
    ) -> Observed<[ModuleName]> {
        switch candidates {
        case .unknown(let why): return .unknown(why)
        case .known(let byAlias):
            guard let number = Self.digit(row[alias]), let modules = byAlias[number] else {
                return .unknown(Unknown(.unreadable, "The function has no modalias that could be looked up."))
            }
            return .known(modules)
        }
    }
}

// Readers of single cells. An outer nil means that the cell makes no sense.
extension FunctionColumns {
    private static func hex16(_ cell: Table.Cell) -> UInt16? {
        cell.value?.dropping("0x").flatMap { UInt16(hexDigits: $0) }
    }

    private static func flag(_ cell: Table.Cell) -> Bool? {
        guard let value = cell.value else { return nil }
        return value.equals("y") ? true : value.equals("n") ? false : nil
    }

    /// A driver's name may be no module name; then the nearest one stands for it, for a bound driver must not get lost.
    private static func name(_ cell: Table.Cell) -> ModuleName?? {
        switch cell {
        case .absent: .some(nil)
        case .unreadable: nil
        case .value(let text): ModuleName(closestTo: text).map { .some($0) }
        }
    }

    private static func override(_ cell: Table.Cell) -> ModuleName?? {
        if let text = cell.value, text.isEmpty || text.equals("(null)") { return .some(nil) }
        return name(cell)
    }

    private static func number(_ cell: Table.Cell) -> Int?? {
        switch cell {
        case .absent: .some(nil)
        case .unreadable: nil
        case .value(let text): UInt32(decimalDigits: text).map { .some(Int($0)) }
        }
    }

    private static func addressOrNone(_ cell: Table.Cell) -> PCIAddress?? {
        switch cell {
        case .absent: .some(nil)
        case .unreadable: nil
        case .value(let text): PCIAddress(ascii: text).map { .some($0) }
        }
    }

    private static func digit(_ cell: Table.Cell) -> Int? {
        cell.value.flatMap { UInt32(decimalDigits: $0) }.map(Int.init)
    }

    /// `8.0 GT/s PCIe`
    static func speed(_ text: Bytes) -> Double? {
        let number = text.prefix { $0 != UInt8(ascii: " ") }
        guard let (whole, part) = number.cut(at: UInt8(ascii: ".")), let whole = UInt16(decimalDigits: whole),
            part.count == 1, let part = UInt8(decimalDigits: part)
        else { return nil }
        return Double(whole) + Double(part) / 10
    }

    /// The kernel gives 0 or 255 when it can't tell.
    static func width(_ text: Bytes) -> Int? {
        Int(decimalDigits: text).flatMap { (1...64).contains($0) ? $0 : nil }
    }

    /// `PCI_ROM_RESOURCE`
    private static let romNumber = 6

    /// `0=0xSTART-0xEND-0xFLAGS …`, as in `resource`; flag 0x200 marks memory (`IORESOURCE_MEM`).
    private static func windows(_ windows: Bytes) -> [Int: (size: UInt64, flags: UInt64)] {
        var sizes: [Int: (size: UInt64, flags: UInt64)] = [:]
        for window in windows.words {
            guard let (bar, range) = window.cut(at: UInt8(ascii: "=")), let bar = Int(decimalDigits: bar) else {
                continue
            }
            guard let (first, others) = range.cut(at: UInt8(ascii: "-")),
                let (last, kind) = others.cut(at: UInt8(ascii: "-")),
                let start = first.dropping("0x").flatMap({ UInt64(hexDigits: $0) }),
                let end = last.dropping("0x").flatMap({ UInt64(hexDigits: $0) }),
                let flags = kind.dropping("0x").flatMap({ UInt64(hexDigits: $0) }),
                flags & 0x200 != 0, end > start, end - start < UInt64.max
            else { continue }
            sizes[bar] = (end - start + 1, flags)
        }
        return sizes
    }
}
