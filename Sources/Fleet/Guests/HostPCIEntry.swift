/// One `hostpciN` option of a guest.
public struct HostPCIEntry: Hashable, Sendable {
    /// How many a guest can have (`$MAX_HOSTPCI_DEVICES`).
    static let limit = 16

    /// 0…15
    public var index: Int
    /// What `host=` names: single functions, or whole devices. For a mapping, whatever it stands for on this node.
    public var hosts: [Host]
    /// The cluster-wide mapping it uses instead.
    public var mapping: String?
    /// Its mapping has several devices on this node: the guest gets the first that is free.
    var isChoice = false
    /// Every part but the host, in order.
    var properties: PropertyString
    /// As it stands in the configuration.
    public var text: String

    public enum Host: Hashable, Sendable {
        case function(PCIAddress)
        /// `01:00`: all functions of the device.
        case device(PCISlot)

        /// What Proxmox accepts for `host=`: lower case only.
        init?(_ text: Substring) {
            guard text.utf8.allSatisfy({ !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }) else { return nil }
            if let address = PCIAddress(text) {
                self = .function(address)
            } else if let slot = PCISlot(text) {
                self = .device(slot)
            } else {
                return nil
            }
        }

        /// Whether it takes this function.
        public func takes(_ address: PCIAddress) -> Bool {
            switch self {
            case .function(let own): own == address
            case .device(let slot): slot == address.slot
            }
        }
    }

    init(index: Int, text: String, mappings: ResourceMappings = .none) {
        self.index = index
        self.text = text
        properties = PropertyString(text, defaultKey: "host")
        hosts = (properties["host"] ?? "").split(separator: ";").compactMap { Host($0) }
        mapping = properties["mapping"]
        if let mapping {
            hosts = mappings.hosts(of: mapping) ?? []
            isChoice = mappings.isChoice(mapping)
        }
    }

    /// Whether it takes this function.
    public func takes(_ address: PCIAddress) -> Bool { hosts.contains { $0.takes(address) } }
}

extension HostPCIEntry {
    /// The entries of a configuration, by number.
    public static func all(in options: [String: String], _ mappings: ResourceMappings = .none) -> [HostPCIEntry] {
        options.compactMap { key, value in
            guard key.hasPrefix("hostpci"), let index = Int(key.dropFirst("hostpci".count)), (0..<limit).contains(index)
            else { return nil }
            return HostPCIEntry(index: index, text: value, mappings: mappings)
        }
        .sorted { $0.index < $1.index }
    }
}
