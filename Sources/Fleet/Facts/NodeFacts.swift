/// What one look at a node showed. Nothing in here is assumed: what could not be seen is `unknown`.
public struct NodeFacts: Equatable, Sendable {
    /// The version of the probe's answer these facts were read from; nil = there was no answer that could be read.
    public var formatVersion: Int?
    /// What was wrong with the answer itself: cut, doubled or foreign parts. Empty when it was whole.
    public var diagnoses: [Diagnosis]
    /// The host name the node gives itself (`uname -n`), which Proxmox uses as the node's name.
    public var hostName: Observed<String>
    public var bootID: Observed<BootID>
    public var cpu: Observed<CPU>
    public var memory: Observed<Memory>
    /// Seconds since the boot.
    public var uptime: Observed<UInt64>
    public var kernelRelease: Observed<String>
    /// `/proc/cmdline` as the kernel received it.
    public var kernelCommandLine: Observed<String>
    public var firmware: Observed<Firmware>
    public var secureBoot: Observed<Bool>
    /// How far the kernel is locked down (`/sys/kernel/security/lockdown`).
    public var lockdown: Observed<Lockdown>
    /// Functions in whose memory the firmware's picture lies, with the resource's name (`BOOTFB`, `simpledrm`).
    public var framebuffers: Observed<[PCIAddress: String]>
    public var boot: BootFacts
    public var iommu: IOMMUFacts
    /// All PCI functions in address order.
    public var functions: Observed<[PCIFunction]>
    public var modules: ModuleFacts
    public var initramfs: Observed<[InitramfsImage]>
    /// The files the tool may change or must know, by absolute path. A missing key was not looked at.
    public var files: [String: Observed<FileContent>]
    /// Kernel log lines of DMAR, AMD-Vi, IOMMU and vfio of this boot.
    public var kernelLog: Observed<[String]>
    public var proxmox: ProxmoxFacts
    public var guests: Observed<[GuestFacts]>
    /// ROM files that guests' devices name, as they are in `/usr/share/kvm`.
    public var romFiles: Observed<[String: ROMFile]>
    public var cluster: Observed<ClusterFacts>
    /// Network interfaces, virtual ones too, by name.
    public var interfaces: Observed<[NetworkInterface]>
    /// Disks, partitions and device-mapper volumes, by name.
    public var blockDevices: Observed<[BlockDevice]>
    /// What the host itself uses PCI functions for. One entry per use and function.
    public var hostUses: Observed<[HostUse]>
    /// What the host needs and could not be traced to a function.
    public var untracedUses: [UntracedUse]
    /// How far the guard is that puts the node back unless its new settings are confirmed, and what it did.
    public var changeGuard: Observed<GuardReport>
    /// Which roll-out holds the node's lock; known and nil = none.
    public var lock: Observed<NodeLock?>
    /// Lines of scripts, units and rules outside of packages that act on PCI devices: `driver_override`, `new_id`, ….
    public var deviceScripts: Observed<[FileLine]>
    /// Tools the tool itself needs on the node and their paths; nil = looked for and not found.
    public var tools: [String: String?]
    /// The evidence of each part of the answer.
    public var evidence: AnswerEvidence

    /// Facts of which nothing is known yet: every one `notCollected`.
    public init() {
        let no = Unknown(.notCollected, "The node was not asked.")
        formatVersion = nil
        diagnoses = []
        hostName = .unknown(no)
        bootID = .unknown(no)
        cpu = .unknown(no)
        memory = .unknown(no)
        uptime = .unknown(no)
        kernelRelease = .unknown(no)
        kernelCommandLine = .unknown(no)
        firmware = .unknown(no)
        secureBoot = .unknown(no)
        lockdown = .unknown(no)
        framebuffers = .unknown(no)
        boot = BootFacts(
            loader: .unknown(no), proxmoxBootToolESPs: .unknown(no), grub: .unknown(no), entries: .unknown(no))
        iommu = IOMMUFacts(units: .unknown(no), groupCount: .unknown(no), interruptRemapping: .unknown(no))
        functions = .unknown(no)
        modules = ModuleFacts(loaded: .unknown(no), builtIn: .unknown(no), configuration: .unknown(no))
        initramfs = .unknown(no)
        files = [:]
        kernelLog = .unknown(no)
        proxmox = ProxmoxFacts(version: .unknown(no), nodeName: .unknown(no))
        guests = .unknown(no)
        romFiles = .unknown(no)
        cluster = .unknown(no)
        interfaces = .unknown(no)
        blockDevices = .unknown(no)
        hostUses = .unknown(no)
        untracedUses = []
        changeGuard = .unknown(no)
        lock = .unknown(no)
        deviceScripts = .unknown(no)
        tools = [:]
        evidence = AnswerEvidence(nil)
    }
}

/// Something wrong with a probe's answer as a whole, and the part it was found in.
public struct Diagnosis: Hashable, Sendable, Codable {
    /// The frame's name; empty = the whole answer.
    public var part: String
    public var problem: Unknown

    public init(part: String, problem: Unknown) {
        self.part = part
        self.problem = problem
    }
}

/// `/proc/sys/kernel/random/boot_id`: a new random UUID at every boot; the only proof of a reboot.
public struct BootID: Hashable, Sendable, LosslessStringConvertible, Codable {
    public let description: String

    /// Nil unless it has the form of a UUID.
    public init?(_ text: some StringProtocol) {
        let text = String(text)
        var length = 0
        for byte in text.utf8 {
            guard length < 36, Self.allows(byte, at: length) else { return nil }
            length += 1
        }
        guard length == 36 else { return nil }
        description = text.lowercased()
    }

    /// Five groups of hexadecimal digits, of 8, 4, 4, 4 and 12. As bytes: every answer holds one.
    private static func allows(_ byte: UInt8, at position: Int) -> Bool {
        switch position {
        case 8, 13, 18, 23: byte == UInt8(ascii: "-")
        default:
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                true
            default: false
            }
        }
    }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

public struct CPU: Hashable, Sendable, Encodable {
    /// The CPU decides Intel or AMD arguments, never the GPU. Other vendors and architectures need none of either.
    public enum Vendor: Hashable, Sendable, Encodable {
        case intel
        case amd
        case other(String)

        /// `intel`, `amd`, or the other vendor's own name.
        public func encode(to encoder: any Encoder) throws {
            switch self {
            case .intel: try "intel".encode(to: encoder)
            case .amd: try "amd".encode(to: encoder)
            case .other(let name): try name.encode(to: encoder)
            }
        }
    }

    public var vendor: Vendor
    public var model: String
    public var physicalAddressBits: Int?
    public var virtualAddressBits: Int?

    public init(vendor: Vendor, model: String, physicalAddressBits: Int? = nil, virtualAddressBits: Int? = nil) {
        self.vendor = vendor
        self.model = model
        self.physicalAddressBits = physicalAddressBits
        self.virtualAddressBits = virtualAddressBits
    }
}

/// Kibibytes, as `/proc/meminfo` gives them.
public struct Memory: Hashable, Sendable, Codable {
    public var totalKiB: UInt64
    public var availableKiB: UInt64?

    public init(totalKiB: UInt64, availableKiB: UInt64? = nil) {
        self.totalKiB = totalKiB
        self.availableKiB = availableKiB
    }
}

public enum Firmware: String, Hashable, Sendable, Codable {
    case uefi
    case bios
}

/// How far the kernel keeps root out of itself (kernel_lockdown(7)).
public enum Lockdown: String, Hashable, Sendable, Codable {
    case none
    case integrity
    case confidentiality
}

public struct IOMMUFacts: Equatable, Sendable {
    /// Names in `/sys/class/iommu` (`dmar0`, `ivhd0`, …). Known and empty = the IOMMU is off; `qm start` tests the same.
    public var units: Observed<[String]>
    public var groupCount: Observed<Int>
    public var interruptRemapping: Observed<Bool>
    /// `allow_unsafe_interrupts` of the running `vfio_iommu_type1`; known and nil = it is not loaded.
    public var allowsUnsafeInterrupts: Observed<Bool?>
    /// Memory that the firmware wants devices to reach where it is, by IOMMU group (`reserved_regions`, type `direct`):
    /// `0x00000000bbf00000 0x00000000bdffffff direct`. Groups without any are left out.
    public var directRegions: Observed<[Int: [String]]>

    public init(
        units: Observed<[String]>, groupCount: Observed<Int>, interruptRemapping: Observed<Bool>,
        allowsUnsafeInterrupts: Observed<Bool?> = .notAsked, directRegions: Observed<[Int: [String]]> = .notAsked
    ) {
        self.units = units
        self.groupCount = groupCount
        self.interruptRemapping = interruptRemapping
        self.allowsUnsafeInterrupts = allowsUnsafeInterrupts
        self.directRegions = directRegions
    }

    /// Really on: units exist and groups exist.
    public var isOn: Observed<Bool> {
        switch (units, groupCount) {
        case (.known(let units), .known(let count)): .known(!units.isEmpty && count > 0)
        case (.unknown(let why), _), (_, .unknown(let why)): .unknown(why)
        }
    }
}

public struct ProxmoxFacts: Equatable, Sendable {
    /// `pveversion`'s version of pve-manager: `8.4.14`. Known and nil = not a Proxmox node.
    public var version: Observed<String?>
    public var nodeName: Observed<String>

    public init(version: Observed<String?>, nodeName: Observed<String>) {
        self.version = version
        self.nodeName = nodeName
    }
}

/// A file as it was seen.
public struct FileContent: Hashable, Sendable, Codable {
    /// Nil when the file does not exist.
    public var bytes: [UInt8]?
    /// Permission bits, such as `0o644`.
    public var mode: UInt16?
    /// Nil when the file does not exist, or nobody said.
    public var owner: FileOwner?
    /// Where it points when it is a symbolic link, as written in the link; `bytes` are the target's then.
    public var linkTarget: String?

    public init(bytes: [UInt8]?, mode: UInt16? = nil, owner: FileOwner? = nil, linkTarget: String? = nil) {
        self.bytes = bytes
        self.mode = mode
        self.owner = owner
        self.linkTarget = linkTarget
    }

    public var exists: Bool { bytes != nil }
    /// The content as text, with invalid UTF-8 replaced; empty when the file does not exist.
    public var text: String { String(decoding: bytes ?? [], as: UTF8.self) }
}

/// Whose a file is, by numbers: names may mean somebody else tomorrow.
public struct FileOwner: Hashable, Sendable, LosslessStringConvertible, Codable {
    public var user: UInt32
    public var group: UInt32

    public init(user: UInt32, group: UInt32) {
        self.user = user
        self.group = group
    }

    /// `0:42`, as `chown` takes it; nil for anything else.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let user = Self.number(parts[0]), let group = Self.number(parts[1]) else { return nil }
        self.init(user: user, group: group)
    }

    private static func number(_ digits: some StringProtocol) -> UInt32? {
        digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt32(digits) : nil
    }

    public var description: String { "\(user):\(group)" }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}
