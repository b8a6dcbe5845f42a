import Fleet

/// The ways from things the host uses down to PCI functions: through bridges, bonds and VLANs, and through
/// device-mapper, RAID and partitions.
struct DeviceGraph {
    private var interfaces: [String: NetworkInterface] = [:]
    private var blocks: [String: BlockDevice] = [:]
    private var blockByNumber: [String: String] = [:]
    private var blockByMapper: [String: String] = [:]
    /// A file system over several devices gives all of them its UUID (btrfs).
    private var blocksByUUID: [String: [String]] = [:]
    /// For all walks together. A large node takes some ten thousand; a node may claim a graph that has no end.
    private var stepsLeft = 500_000

    /// The graph was too large or too deep to be walked: what was found has holes.
    var isExhausted: Bool { stepsLeft <= 0 }

    /// One way: the names passed, outermost first, and the function at its end.
    struct Way: Hashable {
        var path: [String]
        var function: PCIAddress
    }

    init(interfaces: [NetworkInterface], blocks: [BlockDevice]) {
        for interface in interfaces { self.interfaces[interface.name] = interface }
        for block in blocks {
            self.blocks[block.name] = block
            blockByNumber[block.number] = block.name
            if let mapper = block.mapperName { blockByMapper[mapper] = block.name }
            if let uuid = block.uuid { blocksByUUID[uuid, default: []].append(block.name) }
        }
    }

    mutating func ways(fromInterface name: String) -> [Way] {
        ways(from: name) { graph, name in
            graph.interfaces[name].map { (graph.lower(of: $0), $0.function.map { [$0] } ?? []) }
        }
    }

    /// Open vSwitch shows no link from a bridge of its own to the ports: all hang below one interface for all bridges
    /// (kernel `net/openvswitch/vport.c`, `ovs_netdev_link`). So each of its bridges is taken to use every port.
    private func lower(of interface: NetworkInterface) -> [String] {
        let isOpen = interface.isVirtual && interface.kind == .plain && interface.lower.isEmpty
        return isOpen && interface.name != Self.openSwitch && interfaces[Self.openSwitch] != nil
            ? [Self.openSwitch] : interface.lower
    }

    static let openSwitch = "ovs-system"

    /// Nothing is known of what is below: no card, no port, and no bridge that might just have none.
    mutating func isUntraceable(_ name: String) -> Bool {
        guard let interface = interfaces[name], ways(fromInterface: name).isEmpty else { return false }
        return interface.isVirtual && interface.kind != .bridge
    }

    mutating func ways(fromBlock name: String) -> [Way] {
        ways(from: name) { graph, name in
            graph.blocks[name].map { block in
                (block.lower + (block.functions.isEmpty ? block.disk.map { [$0] } ?? [] : []), block.functions)
            }
        }
    }

    /// What a name rests on, and the functions it sits on itself; nil when there is no such name.
    private typealias Below = (lower: [String], functions: [PCIAddress])

    private mutating func ways(from name: String, _ below: (Self, String) -> Below?) -> [Way] {
        var walk = Walk(stepsLeft: stepsLeft)
        walk.follow(name, []) { below(self, $0) }
        stepsLeft = walk.stepsLeft
        return walk.found
    }

    /// Depth first; a name that stands on the way already is not walked again, whatever the node claims.
    private struct Walk {
        static let depthLimit = 32
        var stepsLeft: Int
        var found: [Way] = []

        mutating func follow(_ name: String, _ above: [String], _ below: (String) -> Below?) {
            if above.count >= Self.depthLimit { stepsLeft = 0 }
            guard stepsLeft > 0 else { return }
            stepsLeft -= 1
            guard !above.contains(name), let (lower, functions) = below(name) else { return }
            stepsLeft -= functions.count
            let path = above + [name]
            found += functions.map { Way(path: path, function: $0) }
            for child in lower { follow(child, path, below) }
        }
    }

    /// The block device that `source` names; counts as a step.
    mutating func blockStep(source: String) -> String? {
        stepsLeft = max(0, stepsLeft - 1)
        return isExhausted ? nil : block(source: source)
    }

    /// The block device that `source` names: `/dev/sda2`, `/dev/mapper/pve-root`, `/dev/pve/root`, `UUID=…`.
    func block(source: String) -> String? {
        if source.hasPrefix("UUID=") { return block(uuid: String(source.dropFirst(5))) }
        guard source.hasPrefix("/dev/") else { return nil }
        let name = String(source.dropFirst(5))
        if blocks[name] != nil { return name }
        if name.hasPrefix("mapper/") { return blockByMapper[String(name.dropFirst(7))] }
        if name.hasPrefix("disk/by-uuid/") { return block(uuid: String(name.dropFirst(13))) }
        let parts = name.split(separator: "/")
        guard parts.count == 2 else { return nil }
        // device-mapper writes a `-` inside a name as `--` (lvm2, `_build_dm_name`).
        let mapper = parts.map { $0.split(separator: "-", omittingEmptySubsequences: false).joined(separator: "--") }
        return blockByMapper[mapper.joined(separator: "-")]
    }

    func hasInterface(_ name: String) -> Bool { interfaces[name] != nil }
    func block(number: String) -> String? { blockByNumber[number] }
    func block(uuid: String) -> String? { blocksByUUID[uuid.lowercased()]?.first }

    /// The device and all others of the same btrfs file system.
    func members(ofFileSystemOn name: String) -> [String] {
        guard let block = blocks[name], block.content == "btrfs", let uuid = block.uuid else { return [name] }
        return blocksByUUID[uuid] ?? [name]
    }

    /// The disk a partition belongs to, or the device itself.
    func disk(of name: String) -> String { blocks[name]?.disk ?? name }
}
