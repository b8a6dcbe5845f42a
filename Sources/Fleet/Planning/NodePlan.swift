/// What would be done to one node, and why. Pure: the same facts and settings give the same plan.
public struct NodePlan: Hashable, Sendable, Codable {
    public enum Verdict: String, Hashable, Sendable, Codable {
        /// The node is as wanted.
        case unchanged
        case change
        /// Something forbids the change; the node is left alone.
        case blocked
        /// There are no facts to plan from.
        case unreachable
    }

    public var node: NodeName
    public var verdict: Verdict
    /// Blockers first, then what is overridden, then warnings, then notes (also why a thing stays as it is).
    public var reasons: [Reason]
    public var files: [FileChange]
    /// What is run after the files are written, in order.
    public var commands: [NodeCommand]
    public var reboot: Bool
    /// `qm set` calls after the reboot, when the devices are proven to be bound.
    public var guests: [GuestChange]
    /// The functions that shall be on vfio-pci.
    public var wanted: [WantedFunction]
    /// What the reboot is foreseen to bring; nil without a reboot.
    public var forecast: Forecast?
    /// The cluster that the node said it is a member of.
    public var cluster: String?
    /// What becomes of the guests that run now, in start order; nil = nothing is done about them.
    public var evacuation: [GuestDeparture]?
    /// What earlier roll-outs owe the node and this one gives back; nil = nothing is known to be owed.
    public var debt: NodeDebt?
    /// The controller runs in a guest of the node, which goes away before the reboot; nil = it does not run here.
    public var hostsController: Bool?

    public init(
        node: NodeName, verdict: Verdict, reasons: [Reason] = [], files: [FileChange] = [],
        commands: [NodeCommand] = [], reboot: Bool = false, guests: [GuestChange] = [], wanted: [WantedFunction] = [],
        forecast: Forecast? = nil, cluster: String? = nil, evacuation: [GuestDeparture]? = nil
    ) {
        self.node = node
        self.verdict = verdict
        self.reasons = reasons
        self.files = files
        self.commands = commands
        self.reboot = reboot
        self.guests = guests
        self.wanted = wanted
        self.forecast = forecast
        self.cluster = cluster
        self.evacuation = evacuation
    }

    public mutating func add(_ more: [Reason]) { reasons = (reasons + more).ordered }

    /// The same plan, blocked if its forecast's risk is higher than this, unless that is let pass.
    public func gated(maxRisk: Int, overridden: [OverridableReason] = []) -> NodePlan {
        guard let forecast, verdict == .change, forecast.risk.score > maxRisk else { return self }
        let message =
            "The risk is \(forecast.risk.score), and at most \(maxRisk) is asked for: "
            + forecast.risk.reasons.map(\.message).joined(separator: " ")
        if overridden.contains(.riskTooHigh) {
            var plan = self
            plan.reasons = ([Reason(.overridden, .riskTooHigh, message)] + reasons).ordered
            return plan
        }
        return NodePlan(
            node: node, verdict: .blocked, reasons: [.blocker(.riskTooHigh, message)] + reasons, wanted: wanted,
            forecast: forecast)
    }
}

/// Why a plan is as it is.
public struct Reason: Hashable, Sendable, Codable {
    public enum Severity: String, Hashable, Sendable, Codable {
        case blocker
        /// A blocker that the operator lets pass on this node.
        case overridden
        case warning
        case note
    }

    /// Kebab-case and stable: `group-holds-host-function`, `id-shared-with-host`, `iommu-off-in-firmware`, …
    public var code: FleetError.Code
    public var severity: Severity
    public var message: String
    /// Keys into the facts' evidence, or the evidence itself in words.
    public var evidence: [Evidence]

    public init(_ severity: Severity, _ code: FleetError.Code, _ message: String, evidence: [Evidence] = []) {
        self.code = code
        self.severity = severity
        self.message = message
        self.evidence = evidence
    }
}

/// A file before and after. `before` nil = it does not exist; `after` nil = it shall not exist.
public struct FileChange: Hashable, Sendable, Codable {
    public var path: String
    public var before: [UInt8]?
    public var after: [UInt8]?
    /// The permission bits it shall have, such as `0o755`; nil = those it has, or `0o644` for a new file.
    public var mode: UInt16?
    /// Whose it shall be; nil = it stays whose it is, or root's for a new file.
    public var owner: FileOwner?

    public init(path: String, before: [UInt8]?, after: [UInt8]?, mode: UInt16? = nil, owner: FileOwner? = nil) {
        self.path = path
        self.before = before
        self.after = after
        self.mode = mode
        self.owner = owner
    }
}

/// The commands a plan may hold. Closed on purpose: nothing else is ever run to rebuild a node.
public enum NodeCommand: String, Hashable, Sendable, Codable, CaseIterable {
    case updateGrub = "update-grub"
    case updateInitramfs = "update-initramfs -u -k all"
    case refreshBootTool = "proxmox-boot-tool refresh"
}

/// One guest's options before and after; a nil value = unset.
public struct GuestChange: Hashable, Sendable, Codable {
    public struct Option: Hashable, Sendable, Codable {
        public var key: String
        public var before: String?
        public var after: String?

        public init(key: String, before: String?, after: String?) {
            self.key = key
            self.before = before
            self.after = after
        }
    }

    public var vm: VMID
    public var options: [Option]

    public init(vm: VMID, options: [Option]) {
        self.vm = vm
        self.options = options
    }
}

/// A function that shall be on vfio-pci, and for which request.
public struct WantedFunction: Hashable, Sendable, Codable {
    public var address: PCIAddress
    public var id: PCIID
    public var request: String

    public init(address: PCIAddress, id: PCIID, request: String) {
        self.address = address
        self.id = id
        self.request = request
    }
}
