/// One thing the host itself needs a PCI function for, with the way from the use to the function.
public struct HostUse: Hashable, Sendable, Codable {
    public enum Purpose: String, Hashable, Sendable, Codable, CaseIterable {
        /// Carries the default route.
        case defaultRoute = "default-route"
        /// Carries the address this controller came in on.
        case management
        /// A port of a bridge guests or the host use.
        case bridgePort = "bridge-port"
        /// Carries a corosync link.
        case corosync
        /// Holds `/`.
        case rootFileSystem = "root-file-system"
        /// Holds `/boot` or the ESP.
        case bootFileSystem = "boot-file-system"
        case swap
        case zfsVdev = "zfs-vdev"
        case lvmPhysicalVolume = "lvm-pv"
        case cephOSD = "ceph-osd"
        /// Holds another mounted file system.
        case mount
        /// The only console.
        case console
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
