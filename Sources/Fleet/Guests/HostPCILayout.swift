/// Brings a guest's `hostpci` entries to hold a device, with as few changes as it takes. Entries for other devices stay.
struct HostPCILayout {
    enum Problem: Error, Hashable, Sendable {
        /// An entry takes functions that were not asked for beside those that were.
        case overlap(HostPCIEntry)
        case full
    }

    /// An entry as it shall be.
    struct Wanted: Hashable, Sendable {
        var host: String
        var functions: Set<PCIAddress>
        var properties: PropertyString

        /// Something of the properties needs a machine with PCI Express.
        var needsPCIExpress: Bool { properties["pcie"].flatMap(PropertyString.boolean) ?? false }

        var text: String {
            let rest = properties.text(defaultKey: "host")
            return rest.isEmpty ? host : "\(host),\(rest)"
        }
    }

    /// By number; the text of each.
    private(set) var entries: [Int: HostPCIEntry]
    private let index: PCIIndex
    private let mappings: ResourceMappings

    init(_ options: [String: String], in index: PCIIndex, _ mappings: ResourceMappings = .none) {
        entries = Dictionary(uniqueKeysWithValues: HostPCIEntry.all(in: options, mappings).map { ($0.index, $0) })
        self.index = index
        self.mappings = mappings
    }

    /// The entries that the guide's reader would write for a device.
    static func wanted(_ device: ResolvedDevice, _ request: GuestRequest.GuestDevice, in index: PCIIndex) -> [Wanted] {
        let slots = device.slots
        return slots.enumerated().flatMap { position, slot in
            let functions = device.functions.map(\.address).filter { $0.slot == slot }
            // Only one device can be the guest's primary display.
            let options = request.firstFunctionOptions.filter { position == 0 || !$0.hasPrefix("x-vga=") }
            let first = PropertyString(options.joined(separator: ","), defaultKey: "host")
            switch request.layout {
            case .perFunction:
                return functions.enumerated().map { number, function in
                    Wanted(
                        host: function.short, functions: [function],
                        properties: number == 0 ? first : PropertyString("", defaultKey: "host"))
                }
            case .allFunctions:
                let isWhole = index.functions(of: slot).filter { !$0.isBridge }.count == functions.count
                let host = isWhole ? slot.short : functions.map(\.short).joined(separator: ";")
                return [Wanted(host: host, functions: Set(functions), properties: first)]
            }
        }
    }

    /// Whether the entries already hold all of it, in whichever layout.
    func holds(_ wanted: [Wanted]) -> Bool {
        wanted.allSatisfy { wish in
            wish.functions.allSatisfy { function in entries.values.count { $0.takes(function) } == 1 }
                && entries.values.contains { entry in
                    wish.functions.min().map(entry.takes) ?? false && entry.properties.covers(wish.properties)
                }
        }
            && overlapping(wanted).allSatisfy { extent(of: $0).isSubset(of: functions(of: wanted)) }
    }

    mutating func place(_ wanted: [Wanted]) throws(Problem) {
        let overlapping = overlapping(wanted)
        for entry in overlapping where !extent(of: entry).isSubset(of: functions(of: wanted)) { throw .overlap(entry) }
        var waiting: [Wanted] = []
        var kept: Set<Int> = []
        for wish in wanted {
            guard let match = overlapping.first(where: { extent(of: $0) == wish.functions && !kept.contains($0.index) })
            else {
                waiting.append(wish)
                continue
            }
            kept.insert(match.index)
            update(match, wish)
        }
        for entry in overlapping where !kept.contains(entry.index) { entries[entry.index] = nil }
        for wish in waiting {
            guard let free = (0..<HostPCIEntry.limit).first(where: { entries[$0] == nil }) else { throw .full }
            entries[free] = HostPCIEntry(index: free, text: wish.text)
        }
    }

    private mutating func update(_ entry: HostPCIEntry, _ wish: Wanted) {
        guard !entry.properties.covers(wish.properties) else { return }
        var properties = entry.properties
        for part in wish.properties.parts { properties.set(part.key, part.value) }
        entries[entry.index] = HostPCIEntry(
            index: entry.index, text: properties.text(defaultKey: "host"), mappings: mappings)
    }

    private func overlapping(_ wanted: [Wanted]) -> [HostPCIEntry] {
        let functions = functions(of: wanted)
        return entries.values.filter { entry in functions.contains(where: entry.takes) }.sorted { $0.index < $1.index }
    }

    private func functions(of wanted: [Wanted]) -> Set<PCIAddress> {
        wanted.reduce(into: []) { $0.formUnion($1.functions) }
    }

    /// Every function of this node that an entry takes, bridges aside.
    private func extent(of entry: HostPCIEntry) -> Set<PCIAddress> {
        entry.hosts.reduce(into: []) { extent, host in
            switch host {
            case .function(let address): extent.insert(address)
            case .device(let slot):
                extent.formUnion(index.functions(of: slot).filter { !$0.isBridge }.map(\.address))
            }
        }
    }
}
