/// One entry of `/sys/class/net`.
public struct NetworkInterface: Hashable, Sendable, Codable {
    public var name: String
    /// `address`, such as `00:11:22:33:44:55`; nil when there is none.
    public var mac: String?
    /// The PCI function it sits on; nil = virtual, or on another bus.
    public var function: PCIAddress?
    /// Interfaces below it: a bridge's or bond's ports, a VLAN's parent.
    public var lower: [String]
    public var kind: Kind
    /// It sits on no device at all: a bridge, a bond, a tunnel. A card on another bus than PCI is not virtual.
    public var isVirtual: Bool
    /// Its IPv4 and IPv6 addresses without prefix lengths; nil when the node could not list addresses.
    public var addresses: [String]?

    public enum Kind: String, Hashable, Sendable, Codable {
        case bridge
        case bond
        case vlan
        /// A card, or any other virtual interface.
        case plain
    }

    public init(
        name: String, mac: String? = nil, function: PCIAddress? = nil, lower: [String] = [], kind: Kind = .plain,
        isVirtual: Bool = false, addresses: [String]? = nil
    ) {
        self.name = name
        self.mac = mac
        self.function = function
        self.lower = lower
        self.kind = kind
        self.isVirtual = isVirtual
        self.addresses = addresses
    }
}

/// One entry of `/sys/class/block`.
public struct BlockDevice: Hashable, Sendable, Codable {
    public var name: String
    /// `major:minor`, as `/proc/self/mountinfo` names it.
    public var number: String
    /// The PCI functions it sits on; several for a disk with several paths, none for a virtual one.
    public var functions: [PCIAddress]
    /// The disk a partition belongs to.
    public var disk: String?
    /// Devices below a device-mapper or RAID volume.
    public var lower: [String]
    /// The device-mapper name, such as `pve-root`.
    public var mapperName: String?
    /// What udev found on it: `ext4`, `LVM2_member`, `zfs_member`, `swap`, …; nil when nothing, or not told.
    public var content: String?
    /// The UUID of that content, in lower case for FAT as for others.
    public var uuid: String?
    /// It is an EFI system partition by its partition type.
    public var isESP: Bool
    /// The partition's own UUID (PARTUUID).
    public var partitionUUID: String?

    public init(
        name: String, number: String, functions: [PCIAddress] = [], disk: String? = nil, lower: [String] = [],
        mapperName: String? = nil, content: String? = nil, uuid: String? = nil, isESP: Bool = false,
        partitionUUID: String? = nil
    ) {
        self.name = name
        self.number = number
        self.functions = functions
        self.disk = disk
        self.lower = lower
        self.mapperName = mapperName
        self.content = content
        self.uuid = uuid
        self.isESP = isESP
        self.partitionUUID = partitionUUID
    }
}
