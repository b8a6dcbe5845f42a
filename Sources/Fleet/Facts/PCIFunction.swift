/// One PCI function as sysfs shows it under `/sys/bus/pci/devices`.
public struct PCIFunction: Hashable, Sendable, Encodable {
    public var address: PCIAddress
    public var id: PCIID
    public var `class`: PCIClass
    public var subsystem: PCIID?
    public var revision: UInt8?
    /// Vendor and device in words, from `lspci`; an ornament, never decided upon.
    public var name: String?
    /// The bound driver; nil = none.
    public var driver: ModuleName?
    /// The module the bound driver lives in, where its name may differ (`xhci_hcd` lives in `xhci_pci`); nil = no
    /// driver, or one that is compiled into the kernel.
    public var driverModule: ModuleName?
    /// `driver_override`; nil = unset.
    public var driverOverride: ModuleName?
    /// Modules that claim this function's `modalias`, in the order kmod would load them; known and empty = none does.
    public var modules: Observed<[ModuleName]>
    /// The IOMMU group; nil = in none.
    public var group: Int?
    /// Its upstream bridge; nil = on a root bus.
    public var parent: PCIAddress?
    /// It has a `pci_bus` directory: Proxmox does not take it with its group (`SysFSTools.pm`).
    public var hasSecondaryBus: Bool
    public var bootVGA: Bool?
    public var resetMethods: [String]?
    public var powerState: String?
    public var link: PCILink?
    public var numaNode: Int?
    public var sriov: SRIOV?
    /// The physical function of this virtual function.
    public var physicalFunction: PCIAddress?
    public var hasMediatedDeviceTypes: Bool
    /// It hangs off a port that leads out of the machine, such as Thunderbolt; nil = not told.
    public var isRemovable: Bool?
    /// Sizes of the memory BARs in bytes, by BAR number.
    public var barSizes: [Int: UInt64]
    /// Of displays and accelerators; nil = none shows.
    public var rom: PCIROM?

    public init(
        address: PCIAddress, id: PCIID, class: PCIClass, subsystem: PCIID? = nil, revision: UInt8? = nil,
        name: String? = nil, driver: ModuleName? = nil, driverModule: ModuleName? = nil,
        driverOverride: ModuleName? = nil,
        modules: Observed<[ModuleName]> = .known([]), group: Int? = nil, parent: PCIAddress? = nil,
        hasSecondaryBus: Bool = false,
        bootVGA: Bool? = nil, resetMethods: [String]? = nil, powerState: String? = nil, link: PCILink? = nil,
        numaNode: Int? = nil, sriov: SRIOV? = nil, physicalFunction: PCIAddress? = nil,
        hasMediatedDeviceTypes: Bool = false, isRemovable: Bool? = nil, barSizes: [Int: UInt64] = [:],
        rom: PCIROM? = nil
    ) {
        self.address = address
        self.id = id
        self.class = `class`
        self.subsystem = subsystem
        self.revision = revision
        self.name = name
        self.driver = driver
        self.driverModule = driverModule
        self.driverOverride = driverOverride
        self.modules = modules
        self.group = group
        self.parent = parent
        self.hasSecondaryBus = hasSecondaryBus
        self.bootVGA = bootVGA
        self.resetMethods = resetMethods
        self.powerState = powerState
        self.link = link
        self.numaNode = numaNode
        self.sriov = sriov
        self.physicalFunction = physicalFunction
        self.hasMediatedDeviceTypes = hasMediatedDeviceTypes
        self.isRemovable = isRemovable
        self.barSizes = barSizes
        self.rom = rom
    }
}

/// Link speeds in GT/s (`8.0`), widths in lanes. The present speed may fall at idle.
public struct PCILink: Hashable, Sendable, Codable {
    public var currentSpeed: Double?
    public var maximumSpeed: Double?
    public var currentWidth: Int?
    public var maximumWidth: Int?

    public init(currentSpeed: Double?, maximumSpeed: Double?, currentWidth: Int?, maximumWidth: Int?) {
        self.currentSpeed = currentSpeed
        self.maximumSpeed = maximumSpeed
        self.currentWidth = currentWidth
        self.maximumWidth = maximumWidth
    }
}

/// The expansion ROM, with the card's firmware.
public struct PCIROM: Hashable, Sendable, Codable {
    /// Bytes of its window.
    public var size: UInt64
    /// The kernel gives the firmware's copy in memory (`IORESOURCE_ROM_SHADOW`), as changed by the boot: no good for a
    /// guest, which needs a clean one (`romfile=`).
    public var isShadow: Bool

    public init(size: UInt64, isShadow: Bool) {
        self.size = size
        self.isShadow = isShadow
    }
}

public struct SRIOV: Hashable, Sendable, Codable {
    /// `sriov_totalvfs`
    public var total: Int
    /// `sriov_numvfs`
    public var enabled: Int

    public init(total: Int, enabled: Int) {
        self.total = total
        self.enabled = enabled
    }
}
