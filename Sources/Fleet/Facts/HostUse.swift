/// One thing the host itself needs a PCI function for, with the way from the use to the function.
public struct HostUse: Hashable, Sendable, Codable {
    public enum Purpose: String, Hashable, Sendable, Codable, CaseIterable {
        /// Carries the default route.
        case defaultRoute = "default-route"
        /// Carries the address this controller came in on.
        case management
        /// A port of a bridge guests or the host use.
        case bridgePort = "bridge-port"
        /// A port of a bond that no bridge, route or address explains.
        case bondPort = "bond-port"
        /// Carries a VLAN that no bridge, route or address explains.
        case vlanParent = "vlan-parent"
        /// Carries another address of the host: storage, migration, backups.
        case networkAddress = "network-address"
        /// Carries a corosync link.
        case corosync
        /// Holds `/`.
        case rootFileSystem = "root-file-system"
        /// Holds `/boot` or the ESP.
        case bootFileSystem = "boot-file-system"
        case swap
        /// A device of an imported ZFS pool.
        case zfsVdev = "zfs-vdev"
        /// A device of a ZFS pool that the host has not imported: data, of which the host knows nothing.
        case zfsForeign = "zfs-foreign"
        case lvmPhysicalVolume = "lvm-pv"
        case cephOSD = "ceph-osd"
        /// Holds another mounted file system.
        case mount
        /// Holds a disk that a guest has as it is (`scsi1: /dev/disk/by-id/…`).
        case guestDisk = "guest-disk"
        /// The only console: the firmware's display, or the management controller's where there is one.
        case console
        /// A serial port that is the kernel's console.
        case serialConsole = "serial-console"
        case tpm
        /// The management controller's interface.
        case ipmi
        /// A hardware watchdog, which fencing may rest on.
        case watchdog
        case keyboard
        /// A USB dongle that licenses software.
        case licenceDongle = "licence-dongle"
        /// An uninterruptible power supply that reports over USB.
        case powerSupply = "ups"

        /// The host can't be without it: no plan takes it. Of the others a plan warns.
        public var isVital: Bool {
            switch self {
            case .keyboard, .licenceDongle, .powerSupply, .zfsForeign: false
            default: true
            }
        }

        /// The host needs a network interface for it, under its name.
        public var isNetwork: Bool {
            switch self {
            case .defaultRoute, .management, .bridgePort, .bondPort, .vlanParent, .networkAddress, .corosync: true
            default: false
            }
        }
    }

    public var purpose: Purpose
    /// What it is in words of the node: `vmbr0`, `/`, `rpool`, …
    public var subject: String
    /// From the use to the function, outermost first: `["vmbr0", "eno1"]`.
    public var path: [String]
    public var function: PCIAddress

    public init(purpose: Purpose, subject: String, path: [String], function: PCIAddress) {
        self.purpose = purpose
        self.subject = subject
        self.path = path
        self.function = function
    }
}

extension HostUse.Purpose {
    /// What the host uses a function for, in words that follow “for”: `the default route`.
    public var words: String {
        switch self {
        case .defaultRoute: "the default route"
        case .management: "the address this login came in on"
        case .bridgePort: "a bridge"
        case .bondPort: "a bond"
        case .vlanParent: "a VLAN"
        case .networkAddress: "an address of the host"
        case .corosync: "a corosync link"
        case .rootFileSystem: "the root file system"
        case .bootFileSystem: "booting"
        case .swap: "swap"
        case .zfsVdev: "a ZFS pool"
        case .zfsForeign: "the disk of a ZFS pool that is not imported"
        case .lvmPhysicalVolume: "LVM"
        case .cephOSD: "a Ceph OSD"
        case .mount: "a mounted file system"
        case .guestDisk: "a guest's disk"
        case .console: "its only console"
        case .serialConsole: "its serial console"
        case .tpm: "the TPM"
        case .ipmi: "its management controller"
        case .watchdog: "a watchdog"
        case .keyboard: "a keyboard"
        case .licenceDongle: "a licence dongle"
        case .powerSupply: "a power supply's USB link"
        }
    }
}

/// Something the host needs of which the function below could not be found, so that no plan can spare it.
public struct UntracedUse: Hashable, Sendable, Codable {
    public var purpose: HostUse.Purpose
    /// What was seen: `The default route's interface wg0 sits on no device.`
    public var detail: String

    public init(purpose: HostUse.Purpose, detail: String) {
        self.purpose = purpose
        self.detail = detail
    }
}
