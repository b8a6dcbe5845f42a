/// What a node's host can't lose, with the way from each use down to a PCI function and up through the bridges above it.
///
///     let critical = HostCritical(facts)
///     critical.vital(address)     // why the host needs this function, a bridge above one, or a VF's physical function
public struct HostCritical: Hashable, Sendable {
    /// One use with all functions it rests on.
    public struct Use: Hashable, Sendable {
        public var use: HostUse
        /// The function, then what it can't work without: the bridges above it up to the root, the VMD controller of its
        /// domain, the physical function of a virtual one.
        public var chain: [PCIAddress]
    }

    /// Every use once: vital ones first, each in the order in which it was found.
    public let uses: [Use]
    /// Why the list may have holes; nil = it is whole, but for `untraced`.
    public let unknown: Unknown?
    /// What the host needs and no function was found for.
    public let untraced: [UntracedUse]
    private let byFunction: [PCIAddress: [HostUse]]

    public init(_ facts: NodeFacts) {
        let functions = FunctionTable(facts.functions.value ?? [])
        var seen: Set<HostUse> = []
        let all =
            ((facts.hostUses.value ?? []) + ConsoleUse.all(in: functions.sorted) + ManagementUse.all(in: functions))
            .filter { seen.insert($0).inserted }
        let ordered = all.filter(\.purpose.isVital) + all.filter { !$0.purpose.isVital }
        uses = ordered.map { Use(use: $0, chain: functions.foundation(of: $0.function)) }
        byFunction = uses.reduce(into: [:]) { table, use in
            for address in use.chain { table[address, default: []].append(use.use) }
        }
        untraced = facts.untracedUses
        switch (facts.functions, facts.hostUses) {
        case (.unknown(let why), _), (_, .unknown(let why)): unknown = why
        case (.known, .known): unknown = nil
        }
    }

    /// All uses that rest on a function.
    public func uses(of address: PCIAddress) -> [HostUse] { byFunction[address] ?? [] }
    /// Those the host can't be without.
    public func vital(_ address: PCIAddress) -> [HostUse] { uses(of: address).filter(\.purpose.isVital) }
    /// Those it can be without, of which a person should know.
    public func convenient(_ address: PCIAddress) -> [HostUse] { uses(of: address).filter { !$0.purpose.isVital } }

    /// Every function that something vital rests on, with its uses.
    var vitalTable: [PCIAddress: [HostUse]] {
        byFunction.mapValues { $0.filter(\.purpose.isVital) }.filter { !$0.value.isEmpty }
    }
}

/// Functions by address, and what each can't work without.
struct FunctionTable {
    let sorted: [PCIFunction]

    init(_ functions: [PCIFunction]) {
        let isSorted = functions.indices.dropFirst().allSatisfy { functions[$0 - 1].address < functions[$0].address }
        sorted = isSorted ? functions : functions.sorted { $0.address < $1.address }
    }

    subscript(address: PCIAddress) -> PCIFunction? { position(of: address).map { sorted[$0] } }

    /// Its upstream bridge; nil also where there is no such function.
    func parent(of address: PCIAddress) -> PCIAddress? { position(of: address).flatMap { sorted[$0].parent } }

    private func position(of address: PCIAddress) -> Int? {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle].address < address { low = middle + 1 } else { high = middle }
        }
        return low < sorted.count && sorted[low].address == address ? low : nil
    }

    /// A chain of bridges takes a bus number for each; no machine has nearly as many in a row.
    private static let depthLimit = 64

    /// What is above a function, nearest first. Ends at a loop, whatever the node claims.
    func ancestors(of address: PCIAddress) -> [PCIAddress] {
        var chain = [address]
        while chain.count < Self.depthLimit, let parent = parent(of: chain[chain.count - 1]), !chain.contains(parent) {
            chain.append(parent)
        }
        return Array(chain.dropFirst())
    }

    /// The function itself, what is above it, and the physical function that makes a virtual one.
    func foundation(of address: PCIAddress) -> [PCIAddress] {
        var chain = [address] + ancestors(of: address)
        guard let physical = self[address]?.physicalFunction else { return chain }
        for other in [physical] + ancestors(of: physical) where !chain.contains(other) { chain.append(other) }
        return chain
    }
}

/// The displays that are the host's only console.
private enum ConsoleUse {
    /// A management controller shows the host's console wherever a person is. Without one it is the firmware's display,
    /// until vfio-pci has it.
    static func all(in functions: [PCIFunction]) -> [HostUse] {
        let managed = functions.filter { $0.isManagementDisplay && $0.driver?.isVFIO != true }
        if !managed.isEmpty {
            return managed.map { use("management controller's display", $0) }
        }
        guard let display = functions.firmwareDisplay, display.driver?.isVFIO != true else { return [] }
        return [use(display.bootVGA == true ? "boot_vga" : "the only display", display)]
    }

    private static func use(_ subject: String, _ function: PCIFunction) -> HostUse {
        HostUse(purpose: .console, subject: subject, path: [], function: function.address)
    }
}

/// Interfaces of management controllers that are PCI functions themselves.
private enum ManagementUse {
    static func all(in functions: FunctionTable) -> [HostUse] {
        functions.sorted.filter { $0.isManagementInterface && $0.driver?.isVFIO != true }.map {
            HostUse(purpose: .ipmi, subject: "management controller", path: [], function: $0.address)
        }
    }
}
