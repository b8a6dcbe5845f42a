public import Fleet

/// How a node made of a machine description is set up, where that matters to a plan.
public struct NodeSetup: Sendable {
    public enum Loader: Sendable {
        case grub
        /// GRUB on partitions that `proxmox-boot-tool` manages.
        case grubOnESP
        case systemdBoot
    }

    public var loader = Loader.grub
    /// Arguments the running kernel was booted with, after the root device.
    public var arguments = "quiet"
    /// The content of `/etc/default/grub`; nil = Debian's with `arguments` as the default ones.
    public var grub: String?
    /// Other files by path.
    public var files: [String: String] = [:]
    /// Configurations of stopped guests.
    public var guests: [UInt32: String] = [:]
    /// The kernel found a table of the IOMMU, though it may be off.
    public var hasIOMMUTable = true
    /// Modules inside the initramfs.
    public var initramfsModules: Set<ModuleName> = []
    /// What the host uses, where the description leaves it open.
    public var uses = Uses.usual
    /// The display that the firmware chose; nil = the one that is told, else the first.
    public var console: PCIAddress?
    /// Whether the node tells all there is to tell: interfaces, boot entries, memory, cluster, built-in modules.
    public var isTalkative = false

    public enum Uses: Sendable {
        /// One network card and one disk, the likeliest ones, as simulated nodes have it.
        case usual
        /// Everything that may be the host's is.
        case cautious
    }

    public init() {}
}

extension NodeFacts {
    /// What a probe would see on a Proxmox VE 8.4 node made of a machine: LVM root on the first storage function with a
    /// driver, the management bridge on the first wired network function with one.
    public init(_ machine: MachineDescription, _ setup: NodeSetup = NodeSetup()) {
        self.init()
        let release = "6.8.12-4-pve"
        hostName = .known("pve1")
        bootID = BootID("7f1c0c9e-3a54-4f0e-9a51-0f2d5a1b9c01").map { .known($0) } ?? bootID
        cluster = .known(ClusterFacts(name: nil))
        cpu = .known(CPU(vendor: machine.vendor, model: machine.cpuModel ?? "unnamed"))
        kernelRelease = .known(release)
        for path in Self.absentFiles { files[path] = .known(FileContent(bytes: nil)) }
        setBoot(setup, release)
        setIOMMU(machine, setup)
        self.functions = .known(machine.pciFunctions(console: setup.console))
        modules = ModuleFacts(loaded: .known([]), builtIn: .known([]), configuration: .known(ModprobeConfiguration()))
        let uses = MachineUses(machine)
        hostUses = .known(setup.uses == .cautious ? uses.cautious : uses.usual)
        guests = .known(setup.guests.sorted { $0.key < $1.key }.compactMap(Self.guest))
        files["/etc/modules"] = .known(FileContent(bytes: Array("# /etc/modules: loaded at boot time.\n\n".utf8)))
        files["/etc/initramfs-tools/modules"] = .known(FileContent(bytes: Array("# One module a line.\n".utf8)))
        files["/etc/modprobe.d/pve-blacklist.conf"] = .known(FileContent(bytes: Array("blacklist nvidiafb\n".utf8)))
        files["/etc/modules-load.d/modules.conf"] = .known(
            FileContent(bytes: files["/etc/modules"]?.value?.bytes, linkTarget: "../modules"))
        for (path, text) in setup.files { files[path] = .known(FileContent(bytes: Array(text.utf8))) }
        initramfs = .known([
            InitramfsImage(
                kernel: release, path: "/boot/initrd.img-\(release)", modules: .known(setup.initramfsModules),
                configurationFiles: .known(Set(files.filter { $0.value.value?.exists == true }.keys)),
                newerInputs: .known([]))
        ])
        if setup.isTalkative { tellAll(machine, uses) }
    }

    private static let absentFiles = [
        "/etc/default/grub.d/zz-vfiofleet.cfg", "/etc/modprobe.d/blacklist.conf", "/etc/modprobe.d/vfio.conf",
        "/etc/modprobe.d/vfiofleet.conf", "/etc/modules-load.d/vfiofleet.conf", "/etc/kernel/cmdline",
        "/etc/initramfs-tools/scripts/init-top/00-vfiofleet",
    ]

    private mutating func setBoot(_ setup: NodeSetup, _ release: String) {
        let root = "root=/dev/mapper/pve-root ro"
        let isGrub = setup.loader != .systemdBoot
        let line =
            isGrub
            ? "BOOT_IMAGE=\(setup.loader == .grubOnESP ? "" : "/boot")/vmlinuz-\(release) \(root) \(setup.arguments)"
            : "initrd=\\EFI\\proxmox\\\(release)\\initrd.img-\(release) \(root) \(setup.arguments)"
        kernelCommandLine = .known(line)
        boot.loader = .known(isGrub ? .grub : .systemdBoot)
        boot.proxmoxBootToolESPs = .known(setup.loader == .grub ? [] : ["6D31-87F4"])
        let grub = setup.grub ?? Self.debianGrub(setup.arguments)
        files["/etc/default/grub"] = .known(FileContent(bytes: Array(grub.utf8), mode: 0o644))
        if !isGrub {
            files["/etc/kernel/cmdline"] = .known(FileContent(bytes: Array("\(root) \(setup.arguments)\n".utf8)))
        }
    }

    public static func debianGrub(_ arguments: String) -> String {
        """
        # If you change this file, run 'update-grub' afterwards to update
        # /boot/grub/grub.cfg.

        GRUB_DEFAULT=0
        GRUB_TIMEOUT=5
        GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`
        GRUB_CMDLINE_LINUX_DEFAULT="\(arguments)"
        GRUB_CMDLINE_LINUX=""

        # Uncomment to disable graphical terminal
        #GRUB_TERMINAL=console

        """
    }

    private mutating func setIOMMU(_ machine: MachineDescription, _ setup: NodeSetup) {
        let isIntel = machine.vendor == .intel
        let table = isIntel ? "ACPI: DMAR 0x000000008C544C78 0000A8" : "ACPI: IVRS 0x000000008C544C78 0000D0"
        kernelLog = .known(setup.hasIOMMUTable ? [table] : [])
        guard machine.iommu != .unknown else { return }
        let isOn = machine.iommu == .on
        iommu.units = .known(isOn ? [isIntel ? "dmar0" : "ivhd0"] : [])
        iommu.groupCount = .known(Set(machine.functions.compactMap(\.group)).count)
    }

    private static func guest(_ number: UInt32, _ text: String) -> GuestFacts? {
        VMID(number: number).map {
            GuestFacts(
                kind: .qemu, id: $0, configuration: .known(text), state: .known(.stopped), processArguments: .known(nil)
            )
        }
    }
}

extension MachineDescription {
    fileprivate var vendor: CPU.Vendor {
        switch cpuVendor {
        case "GenuineIntel": .intel
        case "AuthenticAMD": .amd
        default: .other(cpuVendor ?? "unknown")
        }
    }

    /// `console` = the display the firmware chose; nil = the one that is told, else the first.
    fileprivate func pciFunctions(console chosen: PCIAddress?) -> [PCIFunction] {
        var bridges: [String: PCIAddress] = [:]
        var physical: [PCIAddress: PCIAddress] = [:]
        var console: PCIAddress?
        for relation in relations {
            switch relation {
            case .bridge(let bridge, let bus): bridges[bus] = bridge
            case .virtualFunction(let function, let parent): physical[function] = parent
            case .bootVGA(let address): console = address
            case .nic, .disk: break
            }
        }
        let display = chosen ?? console ?? functions.first { $0.class.isDisplay }?.address
        let withBus = Set(bridges.values)
        return functions.map { function in
            PCIFunction(
                address: function.address, id: function.id, class: function.class, subsystem: function.subsystem,
                revision: function.revision, name: function.name, driver: function.driver,
                driverModule: function.driver.map {
                    $0 == "vfio-pci" ? "vfio_pci" : function.modules.first ?? Self.module(of: $0)
                },
                modules: .known(function.claims), group: function.group,
                parent: bridges[String(function.address.slot.description.dropLast(3))],
                hasSecondaryBus: function.class.isPCIBridge || withBus.contains(function.address),
                bootVGA: function.class.isVGA ? function.address == display : nil,
                physicalFunction: physical[function.address])
        }
    }

    static func module(of driver: ModuleName) -> ModuleName {
        ["xhci_hcd": "xhci_pci", "nvidia-gpu": "i2c_nvidia_gpu", "bochs-drm": "bochs"][driver] ?? driver
    }
}

extension MachineDescription.Function {
    /// The modules that are listed, or else that of the driver it is on, which a node lists.
    fileprivate var claims: [ModuleName] {
        guard let driver, driver != "vfio-pci", !self.class.isPCIBridge else { return modules }
        return modules.isEmpty ? [MachineDescription.module(of: driver)] : modules
    }
}
