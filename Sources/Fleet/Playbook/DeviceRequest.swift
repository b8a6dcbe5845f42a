/// A wanted device: by address, or by what it is.
public struct DeviceRequest: Hashable, Sendable, Codable {
    /// The name guests refer to it by: `gpu`.
    public var name: String
    public var match: Match
    /// Which functions of the device; nil = all of them.
    public var functions: [UInt8]?
    /// A node without such a device is left alone instead of blocked.
    public var optional: Bool
    /// What may be taken along with this device and no other: members of its IOMMU group, its virtual functions.
    public var acceptSiblings: [AcceptedSibling]
    /// How it gets to vfio-pci; nil = as the other devices.
    public var bind: BindChoice?

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
        acceptSiblings: [AcceptedSibling] = [], bind: BindChoice? = nil
    ) {
        self.name = name
        self.match = match
        self.functions = functions
        self.optional = optional
        self.acceptSiblings = acceptSiblings
        self.bind = bind
    }
}

/// A function that may be taken along with a wanted one: `00:1f.3`, or `00:1f.3 8086:a348`.
///
/// Addresses move when cards do. With the id given, the function counts only while it is the device that was meant.
public struct AcceptedSibling: Hashable, Sendable, LosslessStringConvertible, Codable {
    public var address: PCIAddress
    /// Nil = whatever is there.
    public var id: PCIID?

    public init(_ address: PCIAddress, id: PCIID? = nil) {
        self.address = address
        self.id = id
    }

    /// Reads an address, with or without a domain, and after one blank an id.
    public init?(_ text: some StringProtocol) {
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard (1...2).contains(words.count), let address = PCIAddress(words[0]) else { return nil }
        self.init(address)
        guard words.count == 2 else { return }
        guard let id = PCIID(words[1]) else { return nil }
        self.id = id
    }

    public var description: String { address.short + (id.map { " \($0)" } ?? "") }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}
