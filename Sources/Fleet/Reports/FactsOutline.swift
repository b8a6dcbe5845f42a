/// Facts as flat lines of `key = value`, made for comparing two looks at one node.
///
/// What changes by itself between two looks (uptime, free memory) and what only repeats other facts is left out.
public struct FactsOutline: Hashable, Sendable {
    /// By key; keys sort so that what belongs together stands together.
    public private(set) var values: [String: String] = [:]

    public init(_ facts: NodeFacts) {
        describeHost(facts)
        describeBoot(facts)
        describe("pci", facts.functions) { outline, functions in
            for function in functions { outline.describe(function) }
        }
        describeSoftware(facts)
    }

    private mutating func describeHost(_ facts: NodeFacts) {
        set("host/name", facts.hostName) { $0 }
        set("host/cpu", facts.cpu) { $0.model }
        set("host/memory", facts.memory) { "\($0.totalKiB) KiB" }
        set("host/firmware", facts.firmware) { $0.rawValue }
        set("host/secure-boot", facts.secureBoot) { $0 ? "on" : "off" }
        set("host/lockdown", facts.lockdown) { $0.rawValue }
        set("host/proxmox", facts.proxmox.version) { $0 ?? "not installed" }
    }

    private mutating func describeBoot(_ facts: NodeFacts) {
        set("boot/id", facts.bootID) { $0.description }
        set("boot/kernel", facts.kernelRelease) { $0 }
        set("boot/command-line", facts.kernelCommandLine) { $0 }
        set("boot/loader", facts.boot.loader) { $0.rawValue }
        set("iommu/units", facts.iommu.units) { $0.isEmpty ? "none" : $0.joined(separator: " ") }
        set("iommu/groups", facts.iommu.groupCount) { "\($0)" }
        set("iommu/interrupt-remapping", facts.iommu.interruptRemapping) { $0 ? "on" : "off" }
    }

    private mutating func describeSoftware(_ facts: NodeFacts) {
        for (path, content) in facts.files {
            set("file\(path)", content) { $0.exists ? $0.text : "absent" }
        }
        describe("initramfs", facts.initramfs) { outline, images in
            for image in images {
                outline.set("initramfs/\(image.kernel)/modules", image.modules, Self.list)
                outline.set("initramfs/\(image.kernel)/files", image.configurationFiles) {
                    $0.sorted().joined(separator: " ")
                }
            }
        }
        describe("guest", facts.guests) { outline, guests in
            for guest in guests {
                outline.set("guest/\(guest.id)/configuration", guest.configuration) { $0 }
                outline.set("guest/\(guest.id)/state", guest.state) { $0.rawValue }
            }
        }
        if case .known(let report) = facts.changeGuard, let rollout = report.rollout {
            values["guard/\(rollout)"] = report.phase.rawValue
        }
        set("cluster", facts.cluster) { cluster in
            guard let name = cluster.name else { return "none" }
            let quorum = cluster.quorate.map { $0 ? ", quorate" : ", no quorum" } ?? ""
            return "\(name), \(cluster.members.count) members\(quorum)"
        }
    }

    private mutating func describe(_ function: PCIFunction) {
        let key = "pci/\(function.address)"
        values["\(key)/id"] = "\(function.id) \(function.name ?? "")"
        values["\(key)/driver"] = function.driver?.description ?? "none"
        values["\(key)/driver-override"] = function.driverOverride?.description ?? "none"
        values["\(key)/group"] = function.group.map { "\($0)" } ?? "none"
        if let link = function.link, let width = link.currentWidth { values["\(key)/link-width"] = "x\(width)" }
        if let sriov = function.sriov { values["\(key)/virtual-functions"] = "\(sriov.enabled) of \(sriov.total)" }
    }

    private mutating func describe<Value>(
        _ key: String, _ fact: Observed<Value>, _ body: (inout Self, Value) -> Void
    ) {
        switch fact {
        case .known(let value): body(&self, value)
        case .unknown(let why): values[key] = "unknown: \(why.detail)"
        }
    }

    private mutating func set<Value>(_ key: String, _ fact: Observed<Value>, _ text: (Value) -> String) {
        describe(key, fact) { $0.values[key] = text($1) }
    }

    private static func list(_ modules: Set<ModuleName>) -> String {
        modules.sorted().map(\.description).joined(separator: " ")
    }
}

/// One fact that differs between two looks; nil = it was not there.
public struct FactChange: Hashable, Sendable, Codable {
    public var fact: String
    public var before: String?
    public var after: String?

    public init(fact: String, before: String?, after: String?) {
        self.fact = fact
        self.before = before
        self.after = after
    }
}

extension FactsOutline {
    /// What became different since `earlier`, in the order of the facts' keys.
    public func changes(since earlier: FactsOutline) -> [FactChange] {
        Set(values.keys).union(earlier.values.keys).sorted(by: naturallyPrecedes).compactMap { key in
            let (before, after) = (earlier.values[key], values[key])
            return before == after ? nil : FactChange(fact: key, before: before, after: after)
        }
    }
}
