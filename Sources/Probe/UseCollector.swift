import Fleet

/// Gathers what the host uses PCI functions for, each use and function once.
struct UseCollector {
    var graph: DeviceGraph
    private(set) var uses: [HostUse] = []
    private(set) var untraced: [UntracedUse] = []
    private var seen: Set<HostUse> = []
    private var usedFunctions: Set<PCIAddress> = []

    init(graph: DeviceGraph) { self.graph = graph }

    mutating func add(_ purpose: HostUse.Purpose, _ subject: String, interface: String) {
        add(purpose, subject, graph.ways(fromInterface: interface))
    }

    /// Only where no use of the network has told of the card already: its own word would add nothing.
    mutating func addIfNew(_ purpose: HostUse.Purpose, _ subject: String, interface: String) {
        add(purpose, subject, graph.ways(fromInterface: interface).filter { !usedFunctions.contains($0.function) })
    }

    /// A device of the kernel that hangs at `path` below `/sys/devices`, on a PCI function or not.
    mutating func add(_ purpose: HostUse.Purpose, _ subject: String, name: String, path: Bytes) {
        add(purpose, subject, SysfsPath.function(of: path).map { [.init(path: [name], function: $0)] } ?? [])
    }

    mutating func addUntraced(_ purpose: HostUse.Purpose, _ detail: String) {
        untraced.append(UntracedUse(purpose: purpose, detail: detail))
    }

    mutating func add(_ purpose: HostUse.Purpose, _ subject: String, block: String) {
        add(purpose, subject, graph.ways(fromBlock: block))
    }

    /// Whether `source` names a block device of this node that sits on a PCI function.
    @discardableResult
    mutating func add(_ purpose: HostUse.Purpose, _ subject: String, source: String) -> Bool {
        guard let block = graph.blockStep(source: source) else { return false }
        return add(purpose, subject, graph.ways(fromBlock: block))
    }

    /// A row of mounts: number, mount point, type, source. Whether it could be traced to a PCI function.
    mutating func add(mount: [String], _ pools: [String: [String]]) -> Bool {
        let (number, point, type, source) = (mount[0], mount[1], mount[2], mount[3])
        let purpose = Self.purpose(of: point)
        if type == "zfs" { return add(purpose, point, dataset: source, pools) }
        guard let block = graph.block(number: number) ?? graph.block(source: source) else { return false }
        let traced = graph.members(ofFileSystemOn: block).map { add(purpose, point, graph.ways(fromBlock: $0)) }
        return !traced.contains(false)
    }

    /// `root=` of the kernel's command line, for a node whose list of mounts names no device of its own.
    mutating func add(rootOf commandLine: String, _ pools: [String: [String]]) -> Bool {
        for token in Array(commandLine.utf8)[...].words {
            guard let source = token.dropping("root=")?.text else { continue }
            if source.hasPrefix("ZFS=") {
                return add(.rootFileSystem, "/", dataset: String(source.dropFirst(4)), pools)
            }
            return add(.rootFileSystem, "/", source: source)
        }
        return false
    }

    private mutating func add(
        _ purpose: HostUse.Purpose, _ subject: String, dataset: String, _ pools: [String: [String]]
    ) -> Bool {
        let pool = dataset.prefix { $0 != "/" }
        guard let devices = pools[String(pool)], !devices.isEmpty else { return false }
        let traced = devices.map { add(purpose, subject, source: $0) }
        return !traced.contains(false)
    }

    private static func purpose(of mountPoint: String) -> HostUse.Purpose {
        switch mountPoint {
        case "/": .rootFileSystem
        case "/boot", "/boot/efi", "/efi": .bootFileSystem
        default: .mount
        }
    }

    @discardableResult
    private mutating func add(_ purpose: HostUse.Purpose, _ subject: String, _ ways: [DeviceGraph.Way]) -> Bool {
        for way in ways {
            let use = HostUse(purpose: purpose, subject: subject, path: way.path, function: way.function)
            if seen.insert(use).inserted { uses.append(use) }
            usedFunctions.insert(way.function)
        }
        return !ways.isEmpty
    }
}
