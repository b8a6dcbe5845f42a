/// A real machine transcribed as facts, from which simulated nodes are made.
public struct MachineDescription: Hashable, Sendable, Codable {
    public var name: String
    public var standsFor: [String]
    public var source: String?
    /// True: every PCI function of the host is listed.
    public var isComplete: Bool
    /// As CPUID says: `GenuineIntel`, `AuthenticAMD`; nil = another vendor.
    public var cpuVendor: String?
    public var cpuModel: String?
    public var kernelRelease: String?
    public var kernelCommandLine: String?
    public var firmware: Firmware?
    public var board: String?
    public var iommu: IOMMU
    public var functions: [Function]
    public var relations: [Relation]
    public var notes: String?

    public enum IOMMU: String, Hashable, Sendable, Codable, CaseIterable {
        case on
        case off
        /// The source has no group listing.
        case unknown
    }

    public struct Function: Hashable, Sendable, Codable {
        public var address: PCIAddress
        public var `class`: PCIClass
        public var id: PCIID
        public var subsystem: PCIID?
        public var revision: UInt8?
        public var group: Int?
        public var driver: ModuleName?
        public var modules: [ModuleName]
        public var name: String?

        public init(
            address: PCIAddress, class: PCIClass, id: PCIID, subsystem: PCIID? = nil, revision: UInt8? = nil,
            group: Int? = nil, driver: ModuleName? = nil, modules: [ModuleName] = [], name: String? = nil
        ) {
            self.address = address
            self.class = `class`
            self.id = id
            self.subsystem = subsystem
            self.revision = revision
            self.group = group
            self.driver = driver
            self.modules = modules
            self.name = name
        }
    }

    public enum Relation: Hashable, Sendable, Codable {
        case bootVGA(PCIAddress)
        /// `secondaryBus` as `domain:bus`, such as `0000:01`.
        case bridge(PCIAddress, secondaryBus: String)
        case virtualFunction(PCIAddress, of: PCIAddress)
        case nic(PCIAddress, name: String)
        case disk(PCIAddress, name: String)
    }

    public init(
        name: String, standsFor: [String] = [], source: String? = nil, isComplete: Bool = false,
        cpuVendor: String? = nil, cpuModel: String? = nil, kernelRelease: String? = nil,
        kernelCommandLine: String? = nil, firmware: Firmware? = nil, board: String? = nil, iommu: IOMMU = .unknown,
        functions: [Function] = [], relations: [Relation] = [], notes: String? = nil
    ) {
        self.name = name
        self.standsFor = standsFor
        self.source = source
        self.isComplete = isComplete
        self.cpuVendor = cpuVendor
        self.cpuModel = cpuModel
        self.kernelRelease = kernelRelease
        self.kernelCommandLine = kernelCommandLine
        self.firmware = firmware
        self.board = board
        self.iommu = iommu
        self.functions = functions
        self.relations = relations
        self.notes = notes
    }
}
