/// The cluster's resource mappings (`/etc/pve/mapping/pci.cfg`), as far as they concern one node: names that guests use
/// instead of addresses.
///
///     gpu
///         map id=10de:24b0,iommugroup=13,node=pve1,path=0000:01:00,subsystem-id=10de:14ad
public struct ResourceMappings: Hashable, Sendable {
    /// One `map` line of this node. At the start of a guest the first free one is taken.
    struct Entry: Hashable, Sendable {
        var hosts: [HostPCIEntry.Host]
        var id: PCIID?
        var subsystem: PCIID?
        var group: Int?
        /// As it stands in the file.
        var text: String
    }

    static let path = "/etc/pve/mapping/pci.cfg"

    private(set) var entries: [String: [Entry]] = [:]

    public static let none = ResourceMappings("", node: "")

    /// Of the node as Proxmox names it.
    public init(_ facts: NodeFacts) {
        let node = facts.proxmox.nodeName.value ?? facts.hostName.value ?? ""
        self.init(facts.files[Self.path]?.value?.text ?? "", node: node)
    }

    init(_ text: String, node: String) {
        var name: String?
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            guard line.first == " " || line.first == "\t" else {
                let word = line.trimmedBlanks
                name = word.isEmpty ? nil : String(word.hasSuffix(":") ? word.dropLast() : word)
                if let name { entries[name] = entries[name] ?? [] }
                continue
            }
            let words = line.trimmedBlanks
            guard let name, words.hasPrefix("map ") else { continue }
            let parts = PropertyString(String(words.dropFirst(4)), defaultKey: "")
            guard parts["node"] == node else { continue }
            entries[name, default: []].append(
                Entry(
                    hosts: (parts["path"] ?? "").split(separator: ";").compactMap { HostPCIEntry.Host($0) },
                    id: parts["id"].flatMap { PCIID($0) }, subsystem: parts["subsystem-id"].flatMap { PCIID($0) },
                    group: parts["iommugroup"].flatMap { Int($0) }, text: String(words)))
        }
    }

    /// Everything of this node that a name may stand for; nil = there is no such name.
    func hosts(of name: String) -> [HostPCIEntry.Host]? { entries[name].map { $0.flatMap(\.hosts) } }

    /// The guest gets one of several.
    func isChoice(_ name: String) -> Bool { (entries[name]?.count ?? 0) > 1 }
}

extension ResourceMappings.Entry {
    /// What differs from the card that is there, which Proxmox compares when the guest starts
    /// (`PVE::Mapping::PCI::assert_valid`); nil = nothing does, or the card is not there at all and says so by itself.
    func difference(_ functions: [PCIFunction], groupsKnown: Bool) -> String? {
        guard let host = hosts.first else { return "it has no path" }
        guard let function = functions.first(where: { host.takes($0.address) }) else { return "no card is there" }
        if id != function.id { return "the card there is \(function.id)" }
        let subsystem = function.subsystem
        if self.subsystem != subsystem {
            return "the card's subsystem is \(subsystem?.description ?? "not told")"
        }
        if groupsKnown, group != function.group {
            return "its IOMMU group is \(function.group.map(String.init) ?? "none")"
        }
        return nil
    }
}
