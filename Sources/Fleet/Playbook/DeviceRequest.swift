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
