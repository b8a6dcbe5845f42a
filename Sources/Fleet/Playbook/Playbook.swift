/// What the operator wants on a set of nodes. Every value of the guide can be set; the defaults are the guide's.
public struct Playbook: Hashable, Sendable, Codable {
    public var name: String
    public var summary: String?
    /// The nodes it is meant for, as a selector; the command line may narrow it.
    public var nodes: String
    /// Settings for all nodes.
    public var settings: NodeSettings
    /// For some nodes other settings; the last match wins, whole entries replace whole entries.
    public var overrides: [Override]
    public var rollout: RolloutSettings

    public struct Override: Hashable, Sendable, Codable {
        public var nodes: String
        /// The settings with the override applied to the playbook's own.
        public var settings: NodeSettings

        public init(nodes: String, settings: NodeSettings) {
            self.nodes = nodes
            self.settings = settings
        }
    }

    public init(
        name: String, summary: String? = nil, nodes: String = "all", settings: NodeSettings = .init(),
        overrides: [Override] = [], rollout: RolloutSettings = .init()
    ) {
        self.name = name
        self.summary = summary
        self.nodes = nodes
        self.settings = settings
        self.overrides = overrides
        self.rollout = rollout
    }
}

/// What one node shall be.
public struct NodeSettings: Hashable, Sendable, Codable {
    public var devices: [DeviceRequest]
    public var kernel: KernelSettings
    /// `/etc/modules`, in order.
    public var modules: [ModuleName]
    public var blacklist: [ModuleName]
    public var vfio: VFIOSettings
    public var files: FileStyle
    public var guests: [GuestRequest]
    /// Only observe and report: `apply` changes nothing with such a playbook.
    public var complianceOnly: Bool

    /// Where settings are written.
    public enum FileStyle: String, Hashable, Sendable, Codable, CaseIterable {
        /// Token-wise into the files the guide names.
        case guide
        /// Into files of our own, for undo by deletion.
        case dropIn = "drop-in"
    }

    public init(
        devices: [DeviceRequest] = [], kernel: KernelSettings = .init(),
        modules: [ModuleName] = ["vfio", "vfio_iommu_type1", "vfio_pci"],
        blacklist: [ModuleName] = ["nouveau", "nvidia"], vfio: VFIOSettings = .init(), files: FileStyle = .guide,
        guests: [GuestRequest] = [], complianceOnly: Bool = false
    ) {
        self.devices = devices
        self.kernel = kernel
        self.modules = modules
        self.blacklist = blacklist
        self.vfio = vfio
        self.files = files
        self.guests = guests
        self.complianceOnly = complianceOnly
    }
}

/// A wanted device: by address, or by what it is.
public struct DeviceRequest: Hashable, Sendable, Codable {
    /// The name guests refer to it by: `gpu`.
    public var name: String
    public var match: Match
    /// Which functions of the device; nil = all of them.
    public var functions: [UInt8]?
    /// A node without such a device is left alone instead of blocked.
    public var optional: Bool
    /// Other members of the IOMMU group that may be taken along.
    public var acceptSiblings: [PCIAddress]

    public enum Match: Hashable, Sendable, Codable {
        /// The device at this slot.
        case slot(PCISlot)
        /// Devices that fulfil every given condition.
        case kind(Kind)
    }

    public struct Kind: Hashable, Sendable, Codable {
        public var category: Category?
        public var vendor: UInt16?
        public var ids: [PCIID]
        /// How many to take in address order; nil = exactly one must match.
        public var count: Int?
        /// Display devices that are the host's console count too.
        public var includeBootVGA: Bool

        public enum Category: String, Hashable, Sendable, Codable, CaseIterable {
            /// Class 03.
            case display
            /// Class 02.
            case network
            /// Class 01.
            case storage
            /// Class 0c03.
            case usb
            /// Class 12.
            case accelerator
        }

        public init(
            category: Category? = nil, vendor: UInt16? = nil, ids: [PCIID] = [], count: Int? = nil,
            includeBootVGA: Bool = false
        ) {
            self.category = category
            self.vendor = vendor
            self.ids = ids
            self.count = count
            self.includeBootVGA = includeBootVGA
        }
    }

    public init(
        name: String, match: Match, functions: [UInt8]? = nil, optional: Bool = false,
        acceptSiblings: [PCIAddress] = []
    ) {
        self.name = name
        self.match = match
        self.functions = functions
        self.optional = optional
        self.acceptSiblings = acceptSiblings
    }
}

public struct KernelSettings: Hashable, Sendable, Codable {
    /// Arguments for Intel CPUs.
    public var intel: [KernelArgument]
    /// Arguments for AMD CPUs.
    public var amd: [KernelArgument]
    /// Arguments for every CPU.
    public var all: [KernelArgument]

    public init(
        intel: [KernelArgument] = ["intel_iommu=on", "iommu=pt"],
        amd: [KernelArgument] = ["amd_iommu=on", "iommu=pt"], all: [KernelArgument] = []
    ) {
        self.intel = intel
        self.amd = amd
        self.all = all
    }
}

/// One token of the kernel command line: printable ASCII without blanks, quotes, `$`, `` ` `` and `\`.
///
/// GRUB's and the shell's special characters are kept out, so that a token means the same wherever it is written.
public struct KernelArgument: Hashable, Sendable, LosslessStringConvertible, Codable, ExpressibleByStringLiteral {
    public let description: String

    public init?(_ text: some StringProtocol) {
        let forbidden: Set<UInt8> = [
            UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "$"), UInt8(ascii: "`"), UInt8(ascii: "\\"),
            UInt8(ascii: "#"), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "("), UInt8(ascii: ")"),
        ]
        guard (1...512).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !forbidden.contains($0) })
        else { return nil }
        description = String(text)
    }

    /// For arguments written in this code; a wrong one is a programmer's error.
    public init(stringLiteral value: String) {
        precondition(Self(value as String) != nil, "not a kernel argument: \(value)")
        description = value
    }

    /// The part before `=`: `iommu` of `iommu=pt`.
    public var key: Substring { description.prefix { $0 != "=" } }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

public struct VFIOSettings: Hashable, Sendable, Codable {
    /// `disable_vga=1` on the options line.
    public var disableVGA: Bool
    /// `softdep DRIVER pre: vfio-pci` where another driver would bind first.
    public var softdep: Softdep

    public enum Softdep: String, Hashable, Sendable, Codable, CaseIterable {
        /// Where the facts show a driver that would win.
        case auto
        case never
    }

    public init(disableVGA: Bool = true, softdep: Softdep = .auto) {
        self.disableVGA = disableVGA
        self.softdep = softdep
    }
}

/// What one guest shall have.
public struct GuestRequest: Hashable, Sendable, Codable {
    public var vm: VMID
    /// Plain options of `qm set`, such as `bios: ovmf`; keys are Proxmox' own.
    public var options: [String: String]
    /// Devices, in `hostpci` order.
    public var devices: [GuestDevice]

    public struct GuestDevice: Hashable, Sendable, Codable {
        /// The name of a `DeviceRequest`.
        public var device: String
        public var layout: Layout
        /// Options of the first function's `hostpci` line: `pcie=1`, `x-vga=1`, in order.
        public var firstFunctionOptions: [String]

        public enum Layout: String, Hashable, Sendable, Codable, CaseIterable {
            /// One `hostpciN` per function, as the guide does.
            case perFunction = "per-function"
            /// One `hostpciN` with all functions (`01:00`).
            case allFunctions = "all-functions"
        }

        public init(
            device: String, layout: Layout = .perFunction, firstFunctionOptions: [String] = ["pcie=1", "x-vga=1"]
        ) {
            self.device = device
            self.layout = layout
            self.firstFunctionOptions = firstFunctionOptions
        }
    }

    public init(vm: VMID, options: [String: String] = [:], devices: [GuestDevice] = []) {
        self.vm = vm
        self.options = options
        self.devices = devices
    }
}

/// How a roll-out goes over the nodes. Durations in whole seconds.
public struct RolloutSettings: Hashable, Sendable, Codable {
    /// Nodes that go first, alone; the rest waits until they are proven.
    public var canaries: Int
    public var batch: Batch
    /// Between two batches.
    public var pauseSeconds: Int
    /// From the reboot command until the node must be back.
    public var returnWithinSeconds: Int

    public enum Batch: Hashable, Sendable, Codable {
        case count(Int)
        /// Of all nodes of the roll-out; rounded down, at least one.
        case percent(Int)
    }

    public init(canaries: Int = 1, batch: Batch = .count(2), pauseSeconds: Int = 10, returnWithinSeconds: Int = 600) {
        self.canaries = canaries
        self.batch = batch
        self.pauseSeconds = pauseSeconds
        self.returnWithinSeconds = returnWithinSeconds
    }
}
