import Fleet

/// A kernel module and the name under which it binds functions.
struct Driver: Hashable, Codable, Sendable {
    var module: ModuleName
    /// The directory in `/sys/bus/pci/drivers`.
    var name: String

    init(module: ModuleName, name: String) {
        self.module = module
        self.name = name
    }

    /// The driver that a module registers.
    init(module: ModuleName) {
        self.module = module
        name = Self.names[module.normalized] ?? module.description
    }

    /// The module that registers a driver of that name.
    init(named name: String) {
        self.name = name
        let module = Self.names.first { $0.value == name }?.key ?? name
        self.module = ModuleName(module) ?? "unknown"
    }

    static let vfio = Driver(module: "vfio_pci", name: "vfio-pci")

    /// Modules whose driver has another name (kernel sources: the `.name` of each `struct pci_driver`).
    private static let names = [
        "vfio_pci": "vfio-pci", "xhci_pci": "xhci_hcd", "xhci_pci_renesas": "xhci-pci-renesas",
        "ehci_pci": "ehci-pci", "ohci_pci": "ohci-pci", "i2c_nvidia_gpu": "nvidia-gpu",
        "i2c_i801": "i801_smbus", "i2c_piix4": "piix4_smbus", "i2c_ismt": "ismt_smbus",
        "pcieportdrv": "pcieport", "intel_lpss_pci": "intel-lpss", "spi_intel_pci": "intel-spi",
        "bochs": "bochs-drm", "sdhci_pci": "sdhci-pci", "qat_4xxx": "4xxx", "qat_c3xxx": "c3xxx",
        "isst_if_mmio": "isst_if_pci", "ath12k": "ath12k_pci", "intel_pmt": "intel-pmt",
        "processor_thermal_device_pci_legacy": "proc_thermal",
        "processor_thermal_device_pci": "proc_thermal_pci", "virtio_pci": "virtio-pci",
    ]

    /// Modules that claim a function by its id but never bind it: helpers, and stacks that step back for another.
    static let bystanders: Set<ModuleName> = [
        "nvidia_drm", "nvidia_modeset", "nvidiafb", "ie31200_edac", "snd_soc_skl", "snd_soc_avs",
    ]

    /// In the kernel itself, whatever the initramfs holds.
    static let builtIn: Set<ModuleName> = [
        "pcieportdrv", "intel_uncore", "skl_uncore", "icx_uncore", "shpchp", "intel_pmt",
    ]

    /// What the kernels of Proxmox VE bind by class, for descriptions that name no driver.
    static func usual(for function: MachineDescription.Function) -> Driver? {
        usualModule(function).map { Driver(module: $0) }
    }

    private static func usualModule(_ function: MachineDescription.Function) -> ModuleName? {
        let vendor = function.id.vendor
        switch (function.class.base, function.class.sub) {
        case (0x03, _): return displays[vendor]
        case (0x04, 0x03): return "snd_hda_intel"
        case (0x06, 0x04): return "pcieportdrv"
        case (0x0c, 0x03): return usbHost(function)
        case (0x0c, 0x80): return vendor == 0x10de ? "i2c_nvidia_gpu" : nil
        case (0x0c, 0x05): return smbus[vendor]
        case (0x01, let kind): return storage(kind, function.id)
        case (0x02, let kind): return kind == 0x80 ? wireless[vendor] : wired(function.id)
        default: return nil
        }
    }

    private static let displays: [UInt16: ModuleName] = [
        0x10de: "nouveau", 0x1002: "amdgpu", 0x8086: "i915", 0x1a03: "ast", 0x102b: "mgag200", 0x1234: "bochs",
        0x1af4: "virtio_pci",
    ]
    private static let smbus: [UInt16: ModuleName] = [0x8086: "i2c_i801", 0x1022: "i2c_piix4", 0x1002: "i2c_piix4"]
    private static let wireless: [UInt16: ModuleName] = [
        0x8086: "iwlwifi", 0x14c3: "mt7921e", 0x168c: "ath10k_pci", 0x10ec: "rtw89_pci", 0x17cb: "ath11k_pci",
    ]

    private static func usbHost(_ function: MachineDescription.Function) -> ModuleName? {
        let name = function.name ?? ""
        switch function.class.code & 0xff {
        case 0x20: return "ehci_pci"
        case 0x10: return "ohci_pci"
        case 0x40: return "thunderbolt"
        case 0x00 where name.contains("USB2") || name.contains("Enhanced") || name.contains("EHCI"): return "ehci_pci"
        default: return "xhci_pci"
        }
    }

    private static func storage(_ kind: UInt8, _ id: PCIID) -> ModuleName? {
        switch (kind, id.vendor) {
        case (0x08, _): "nvme"
        case (0x06, _): "ahci"
        case (0x07, 0x8086): "isci"
        case (0x07, _): "mpt3sas"
        case (0x04, 0x1000): "megaraid_sas"
        case (0x04, 0x103c): "hpsa"
        case (0x04, 0x9005): "smartpqi"
        case (0x04, 0x8086): vmdDevices.contains(id.device) ? "vmd" : "ahci"
        case (0x00, 0x1af4): "virtio_pci"
        case (0x00, _): "mptspi"
        case (0x01, _): "ata_generic"
        default: nil
        }
    }

    private static let vmdDevices: Set<UInt16> = [
        0x201d, 0x28c0, 0x467f, 0x4c3d, 0x7d0b, 0x9a0b, 0xa77f, 0xad0b, 0xb06f,
    ]

    private static func wired(_ id: PCIID) -> ModuleName? {
        switch id.vendor {
        case 0x8086: intelWired(id.device)
        case 0x10ec: "r8169"
        case 0x14e4: (0x16c0...0x16ef).contains(id.device) || id.device >= 0x1750 ? "bnxt_en" : "tg3"
        case 0x15b3: id.device < 0x1010 ? "mlx4_core" : "mlx5_core"
        case 0x1d6a: "atlantic"
        case 0x1969: "alx"
        case 0x1af4: "virtio_pci"
        default: nil
        }
    }

    private static func intelWired(_ device: UInt16) -> ModuleName {
        switch device {
        case 0x1521...0x1539, 0x1f40...0x1f45, 0x10c9, 0x10e6...0x10e8: "igb"
        case 0x10fb, 0x1528, 0x1557, 0x1563, 0x15c2...0x15ce, 0x15ab...0x15ad: "ixgbe"
        case 0x1572...0x158b, 0x37d0...0x37d3, 0x0cf8: "i40e"
        case 0x1591...0x159b, 0x1888...0x189a: "ice"
        case 0x15f2, 0x15f3, 0x125b...0x125d, 0x3100...0x3102: "igc"
        default: "e1000e"
        }
    }
}
