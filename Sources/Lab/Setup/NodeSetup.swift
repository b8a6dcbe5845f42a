public import Fleet

/// How a simulated node is set up, beside the hardware it has. Every value has a default that the machine decides.
public struct NodeSetup: Hashable, Sendable {
    public enum Loader: String, Codable, Sendable {
        case grub
        /// GRUB on partitions under proxmox-boot-tool.
        case grubOnESP = "grub-esp"
        case systemdBoot = "systemd-boot"
        /// Kernel, initramfs and command line in one file, beside what Proxmox installs.
        case unifiedImage = "unified-kernel-image"
    }

    public enum Root: String, Codable, Sendable {
        case lvm
        case zfs
        case ext4
    }

    /// What the firmware and the kernel's defaults make of the IOMMU.
    public enum IOMMU: String, Codable, Sendable {
        /// On unless the command line turns it off.
        case on
        /// Off until `intel_iommu=on` is on the command line (kernels before 6.8).
        case argument
        /// Off in the firmware: no argument helps.
        case firmwareOff = "firmware-off"
    }

    /// Who is first when drivers and `/etc/modules` are loaded at the same time.
    public enum Race: String, Codable, Sendable {
        /// The functions' own drivers: what a plan must survive.
        case driversFirst = "drivers-first"
        /// The modules of `/etc/modules`.
        case modulesFirst = "modules-first"
    }

    /// What the hook scripts put into an initramfs beside its configuration.
    public struct Initramfs: Hashable, Sendable {
        /// `MODULES` of initramfs.conf: `most` or `dep`.
        public var modules = "most"
        /// Drivers of display functions are inside whatever drives them now, as with framebuffer hooks.
        public var display = true
    }

    public struct Network: Hashable, Sendable {
        /// Nil = the node's address is on the bond or card itself, as on a plain Debian.
        public var bridge: String? = "vmbr0"
        /// A bond between the bridge and the cards.
        public var bond: String?
        /// The cards below the bridge or bond.
        public var ports: [String] = []
        public var address = "192.0.2.11/24"
        public var gateway = "192.0.2.1"

        var bridgePorts: [String] { bond.map { [$0] } ?? ports }
        /// The interface that has the node's address.
        var uplink: String? { bridge ?? bond ?? ports.first }
        /// `192.0.2.11`
        var bareAddress: String { String(address.prefix { $0 != "/" }) }
        func isUsed(_ name: String) -> Bool { name == bridge || name == bond || ports.contains(name) }
    }

    public struct Guest: Hashable, Sendable, Codable {
        public var id: Int
        /// The text of `/etc/pve/qemu-server/ID.conf`, or of a container's file.
        public var config: String
        /// Nil = a virtual machine.
        public var kind: GuestFacts.Kind?
    }

    /// Something plugged into a USB controller.
    public struct USBDevice: Hashable, Sendable, Codable {
        /// The controller's function.
        public var at: PCIAddress
        /// Vendor and product: `046d:c31c`.
        public var id: String
        public var name: String
        /// Class, subclass and protocol as six hexadecimal digits: `030101` is a keyboard.
        public var interface: String
    }

    /// A device of the kernel that sits on a PCI function.
    public struct Attached: Hashable, Sendable, Codable {
        public enum Kind: String, Codable, Sendable {
            case tpm
            case ipmi
            /// One that was started.
            case watchdog
            /// A serial port that is a console.
            case serial
        }

        public var kind: Kind
        public var at: PCIAddress
    }

    public struct Cluster: Hashable, Sendable, Codable {
        public var name: String
        /// Names of all members with their votes; this node is added when it is missing.
        public var votes: [String: Int]
    }

    public var hostName: String
    public var proxmoxVersion = "8.4.21"
    public var kernelRelease = "6.8.12-15-pve"
    /// Older kernels in `/boot` beside that one.
    public var otherKernels: [String] = []
    public var loader = Loader.grub
    /// Another loader that the firmware has first in its order.
    public var otherLoader: Loader?
    public var root = Root.lvm
    public var firmware = Firmware.uefi
    public var secureBoot = false
    public var iommu = IOMMU.on
    /// Arguments on the kernel command line from the start, as `GRUB_CMDLINE_LINUX_DEFAULT` holds them.
    public var arguments = "quiet"
    public var network = Network()
    /// The disk that the root file system is on, such as `sda`; nil = none that PCI explains.
    public var rootDisk: String?
    /// The other leg of a ZFS mirror that the root file system is on.
    public var mirrorDisk: String?
    public var initramfs = Initramfs()
    public var race = Race.driversFirst
    /// Modules that are part of the kernel itself, beside the usual ones.
    public var builtInModules: Set<ModuleName> = []
    public var guests: [Guest] = []
    public var cluster: Cluster?
    public var usb: [USBDevice] = []
    public var attached: [Attached] = []
    /// Functions for which the firmware keeps memory, so that nobody else gets their IOMMU group.
    public var reserved: [PCIAddress] = []
    /// Files written over the node's own before its first boot, by absolute path.
    public var files: [String: String] = [:]
    /// What a reboot takes from the last lost connection to the first answer.
    public var rebootSeconds = 1.0

    var isProxmoxBootTool: Bool { loader == .systemdBoot || loader == .grubOnESP }
    var isGrub: Bool { loader == .grub || loader == .grubOnESP }
    /// The disks that the root file system lies on.
    var rootDisks: [String] { [rootDisk, root == .zfs ? mirrorDisk : nil].compactMap(\.self) }
    /// All kernels in `/boot`.
    var kernels: [String] { [kernelRelease] + otherKernels }

    enum Partition: Sendable {
        case biosBoot
        case esp
        case root
    }

    /// The root disk's partitions: those of Proxmox' installer, or the one that Debian's makes on a BIOS machine.
    var partitions: [Partition] { root == .ext4 && firmware == .bios ? [.root] : [.biosBoot, .esp, .root] }

    /// The partition with the root file system, or with what it lies on; counted from 1.
    var rootPartition: Int { partitions.count }
}

extension NodeSetup {
    /// The defaults for a machine: Proxmox VE 8.4, GRUB, LVM root, bridge on the first wired card with a driver.
    init(hostName: String, machine: MachineDescription, hardware: Hardware) {
        self.hostName = hostName
        firmware = machine.firmware ?? .uefi
        iommu = Self.usualIOMMU(machine)
        if iommu == .argument {
            proxmoxVersion = "8.1.10"
            kernelRelease = "6.5.13-6-pve"
        }
        network.ports = hardware.managementInterface.map { [$0.name] } ?? []
        rootDisk = hardware.rootDisk?.name
    }

    /// A machine without groups: where its kernel would have used the IOMMU, the firmware has it off.
    private static func usualIOMMU(_ machine: MachineDescription) -> IOMMU {
        guard machine.iommu == .off else { return .on }
        let arguments = (machine.kernelCommandLine ?? "").split(separator: " ")
        let isAsked = arguments.contains { $0.hasPrefix("intel_iommu=on") }
        return machine.cpuKind == .intel && !isAsked ? .argument : .firmwareOff
    }

    /// The `root=` argument and what goes with it.
    var rootArguments: String {
        switch root {
        case .lvm: "root=/dev/mapper/pve-root ro"
        case .zfs: "root=ZFS=rpool/ROOT/pve-1 boot=zfs"
        case .ext4: "root=UUID=\(rootUUID) ro"
        }
    }

    var rootUUID: String { "5e3b1c52-9a27-4d0e-8f46-2d1f0c7ab301" }
    /// The EFI system partition under `proxmox-boot-tool`.
    var espUUID: String { "6D31-87F4" }
}
