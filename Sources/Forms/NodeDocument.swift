package import Fleet
internal import Probe
package import Store

/// `show --json`: a fact that is not known is left out, and `unknown` says why under the fact's name.
package struct NodeDocument: Encodable {
    var node: NodeName
    var firstSeen: String
    var lastSeen: String
    var hostName: String?
    var proxmox: String?
    var bootID: BootID?
    var cpu: CPU?
    var memoryKiB: UInt64?
    var kernel: String?
    var commandLine: String?
    var firmware: Firmware?
    var secureBoot: Bool?
    var bootLoader: BootFacts.Loader?
    var iommu: Bool?
    var iommuUnits: [String]?
    var iommuGroups: Int?
    var interruptRemapping: Bool?
    var functions: [PCIFunction]?
    var hostUses: [HostUse]?
    var initramfs: [InitramfsImage]?
    var guests: [GuestFacts]?
    var cluster: ClusterFacts?
    var changeGuard: GuardReport?
    var lock: NodeLock?
    var lastRollout: NodeStanding.LastRollout?
    var debt: DebtEntry?
    /// What others left on the node.
    var findings: [Finding]
    var unknown: [String: Unknown]

    package init(_ name: NodeName, _ seen: StoredObservation, _ rollouts: [StoredRollout]) {
        let facts = ProbeParser.parse(seen.answer.raw)
        var reasons: [String: Unknown] = [:]
        func value<Value>(_ key: String, _ fact: Observed<Value>) -> Value? {
            if case .unknown(let why) = fact { reasons[key] = why }
            return fact.value
        }
        node = name
        firstSeen = seen.firstSeen.iso8601
        lastSeen = seen.lastSeen.iso8601
        hostName = value("hostName", facts.hostName)
        proxmox = value("proxmox", facts.proxmox.version).flatMap(\.self)
        bootID = value("bootID", facts.bootID)
        cpu = value("cpu", facts.cpu)
        memoryKiB = value("memoryKiB", facts.memory)?.totalKiB
        kernel = value("kernel", facts.kernelRelease)
        commandLine = value("commandLine", facts.kernelCommandLine)
        firmware = value("firmware", facts.firmware)
        secureBoot = value("secureBoot", facts.secureBoot)
        bootLoader = value("bootLoader", facts.boot.loader)
        iommu = value("iommu", facts.iommu.isOn)
        iommuUnits = value("iommuUnits", facts.iommu.units)
        iommuGroups = value("iommuGroups", facts.iommu.groupCount)
        interruptRemapping = value("interruptRemapping", facts.iommu.interruptRemapping)
        functions = value("functions", facts.functions)
        hostUses = value("hostUses", facts.hostUses)
        initramfs = value("initramfs", facts.initramfs)
        guests = value("guests", facts.guests)
        cluster = value("cluster", facts.cluster)
        let standing = NodeStanding(facts, seenAt: seen.lastSeen, rollouts, of: name)
        changeGuard = standing.changeGuard
        lock = standing.lock
        lastRollout = standing.lastRollout
        debt = standing.debt
        _ = value("changeGuard", facts.changeGuard)
        _ = value("lock", facts.lock)
        findings = facts.findings
        unknown = reasons
    }
}
