/// One link of the proof chain, judged on one node (and one device), with what was seen.
public struct CheckResult: Hashable, Sendable, Codable {
    public enum Status: String, Hashable, Sendable, Codable {
        case pass
        case fail
        /// Could not be told.
        case unknown
    }

    public var id: CheckID
    /// The function or guest it is about (`0000:01:00.0`, `vm/100`); nil = the node.
    public var device: String?
    public var status: Status
    public var message: String
    public var evidence: [Evidence]

    public init(_ id: CheckID, device: String? = nil, _ status: Status, _ message: String, evidence: [Evidence] = []) {
        self.id = id
        self.device = device
        self.status = status
        self.message = message
        self.evidence = evidence
    }
}

/// The links of the proof chain, in the order in which each rests on the one before.
public enum CheckID: String, Hashable, Sendable, Codable, CaseIterable {
    /// The bytes on disk are the planned ones.
    case files
    /// The files are inside every initramfs that can boot, and it is not older than its inputs.
    case initramfs
    /// The tokens are in the generated boot configuration.
    case bootConfiguration = "boot-configuration"
    /// The tokens are in `/proc/cmdline`.
    case kernelCommandLine = "kernel-command-line"
    /// The IOMMU is on: units and groups exist in sysfs.
    case iommu
    /// The function is where it is wanted to be.
    case present
    /// The function's driver is vfio-pci (or none, where nothing else can take it).
    case driver
    /// Every other member of the IOMMU group can be taken at VM start.
    case group
    /// The lines are in the guest's configuration.
    case guestConfiguration = "guest-configuration"
    /// The running guest has the device among its arguments.
    case guestProcess = "guest-process"
}

public struct NodeCompliance: Hashable, Sendable, Codable {
    public enum Verdict: String, Hashable, Sendable, Codable {
        case compliant
        case noncompliant
        case unknown
    }

    public var node: NodeName
    public var checks: [CheckResult]

    public init(node: NodeName, checks: [CheckResult]) {
        self.node = node
        self.checks = checks
    }

    /// Any failure decides; else anything untold; nothing checked at all is untold.
    public var verdict: Verdict {
        if checks.contains(where: { $0.status == .fail }) { return .noncompliant }
        if checks.isEmpty || checks.contains(where: { $0.status == .unknown }) { return .unknown }
        return .compliant
    }
}
