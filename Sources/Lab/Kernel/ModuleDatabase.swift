import Fleet

/// The modules of a node's kernel: which functions they claim and what they need first.
struct ModuleDatabase: Sendable {
    let builtIn: Set<ModuleName>
    /// All loadable modules.
    let modules: Set<ModuleName>
    let dependencies: [ModuleName: [ModuleName]]
    /// Modalias patterns in the order `modules.alias` has them.
    let aliases: [(pattern: String, module: ModuleName)]
    /// Of modules whose place their hardware tells.
    private let directories: [ModuleName: String]

    init(_ hardware: Hardware, builtIn: Set<ModuleName> = []) {
        let inside = builtIn.union(Driver.builtIn)
        var modules: Set<ModuleName> = Self.always
        var aliases: [(pattern: String, module: ModuleName)] = []
        var seen: Set<String> = []
        var directories: [ModuleName: String] = [:]
        for function in hardware.functions {
            let claims = function.claims.filter { !inside.contains($0) }
            modules.formUnion(claims)
            for claim in claims { directories[claim] = Self.directory(for: function.described.class) }
            let pattern = function.described.aliasPattern
            if seen.insert(pattern).inserted { aliases += claims.map { (pattern, $0) } }
        }
        for (module, needed) in Self.dependencies where modules.contains(module) { modules.formUnion(needed) }
        let known = modules
        self.builtIn = inside
        self.modules = known.subtracting(inside)
        dependencies = Self.dependencies.filter { known.contains($0.key) }
        self.aliases = aliases
        self.directories = directories
    }

    /// There whatever the hardware is.
    private static let always: Set<ModuleName> = [
        "vfio", "vfio_pci", "vfio_pci_core", "vfio_iommu_type1", "irqbypass", "iommufd", "nouveau", "nvidiafb",
        "amdgpu",
        "radeon", "i915", "xe", "ast", "snd_hda_intel", "xhci_pci", "kvm", "kvm_intel", "kvm_amd", "dm_mod", "loop",
        "i2c_nvidia_gpu", "nvme", "ahci", "bridge", "bonding", "8021q", "tun", "zfs",
    ]

    private static let dependencies: [ModuleName: [ModuleName]] = [
        "vfio_pci": ["vfio_pci_core", "irqbypass", "vfio_iommu_type1", "vfio"],
        "vfio_pci_core": ["irqbypass", "vfio"], "vfio_iommu_type1": ["vfio"], "vfio": ["iommufd"],
        "nouveau": ["drm_kms_helper", "ttm", "drm"], "amdgpu": ["drm_kms_helper", "ttm", "drm"],
        "radeon": ["drm_kms_helper", "ttm", "drm"], "i915": ["drm_kms_helper", "ttm", "drm"],
        "nvidia_drm": ["nvidia_modeset", "nvidia", "drm"], "nvidia_modeset": ["nvidia"],
        "snd_hda_intel": ["snd_hda_codec", "snd_hda_core", "snd_pcm", "snd"], "nvme": ["nvme_core"],
        "ahci": ["libahci"], "xhci_pci": ["xhci_pci_renesas"], "kvm_intel": ["kvm"], "kvm_amd": ["kvm"],
        "e1000e": [], "igb": ["dca", "i2c_algo_bit"], "megaraid_sas": [],
    ]

    /// Everything that must be loaded before, the farthest first.
    func chain(for module: ModuleName) -> [ModuleName] {
        var chain: [ModuleName] = []
        for needed in dependencies[module] ?? [] where !chain.contains(needed) {
            chain += self.chain(for: needed).filter { !chain.contains($0) } + [needed]
        }
        return chain.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// Where the file of a module is, below `/lib/modules/RELEASE`.
    func path(of module: ModuleName) -> String {
        let file = Self.fileNames[module.normalized] ?? module.normalized
        return "kernel/\(directories[module] ?? Self.directory(of: module.normalized))/\(file).ko"
    }

    private static let fileNames = [
        "vfio_pci": "vfio-pci", "vfio_pci_core": "vfio-pci-core", "xhci_pci": "xhci-pci", "ehci_pci": "ehci-pci",
        "xhci_pci_renesas": "xhci-pci-renesas", "snd_hda_intel": "snd-hda-intel", "i2c_nvidia_gpu": "i2c-nvidia-gpu",
        "i2c_i801": "i2c-i801", "i2c_piix4": "i2c-piix4", "nvme_core": "nvme-core", "dm_mod": "dm-mod",
        "kvm_intel": "kvm-intel", "kvm_amd": "kvm-amd", "nvidia_drm": "nvidia-drm",
    ]

    private static func directory(of module: String) -> String {
        switch module {
        case "vfio_pci", "vfio_pci_core": "drivers/vfio/pci"
        case _ where module.hasPrefix("vfio"): "drivers/vfio"
        case "nouveau", "amdgpu", "radeon", "i915", "xe", "ast", "mgag200", "bochs": "drivers/gpu/drm/\(module)"
        case "drm", "drm_kms_helper", "ttm": "drivers/gpu/drm"
        case _ where module.hasPrefix("snd"): "sound/pci"
        case _ where module.contains("hci_"): "drivers/usb/host"
        case _ where module.hasPrefix("virtio"): "drivers/virtio"
        case "nvme", "nvme_core": "drivers/nvme/host"
        case "ahci", "libahci": "drivers/ata"
        case _ where module.hasPrefix("i2c"): "drivers/i2c/busses"
        case _ where module.hasPrefix("nvidia"): "drivers/video"
        case _ where module.hasPrefix("kvm"): "arch/x86/kvm"
        default: "drivers/misc"
        }
    }

    /// Where the kernel's sources keep the drivers of a kind of function.
    private static func directory(for kind: PCIClass) -> String? {
        switch (kind.base, kind.sub) {
        case (0x01, 0x08): "drivers/nvme/host"
        case (0x01, 0x06): "drivers/ata"
        case (0x01, _): "drivers/scsi"
        case (0x02, 0x80): "drivers/net/wireless"
        case (0x02, _): "drivers/net/ethernet"
        case (0x0c, 0x03): "drivers/usb/host"
        default: nil
        }
    }
}

extension MachineDescription.Function {
    /// The modalias pattern by which a driver names exactly this kind of function.
    var aliasPattern: String {
        let code = self.class.code
        func upper(_ value: some BinaryInteger, _ digits: Int) -> String { hex(value, digits: digits).uppercased() }
        return "pci:v\(upper(id.vendor, 8))d\(upper(id.device, 8))sv*sd*"
            + "bc\(upper(code >> 16, 2))sc\(upper(code >> 8 & 0xff, 2))i*"
    }
}
