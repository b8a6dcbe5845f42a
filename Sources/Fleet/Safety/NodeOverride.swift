/// A blocker that an operator may let pass on one node, by naming both. Everything else stays a blocker: what is not known
/// or not understood can't be agreed to, and for what can be asked for in a playbook there is a key in it.
public enum OverridableReason: String, Hashable, Sendable, Codable, CaseIterable, Comparable {
    case deviceUsedByHost = "device-used-by-host"
    case groupHoldsHostFunction = "group-holds-host-function"
    case riskTooHigh = "risk-too-high"

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

    var reason: PlanReason {
        switch self {
        case .deviceUsedByHost: .deviceUsedByHost
        case .groupHoldsHostFunction: .groupHoldsHostFunction
        case .riskTooHigh: .riskTooHigh
        }
    }
}

/// One node's blocker that shall pass: `pve01:device-used-by-host`.
public struct NodeOverride: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    public var node: NodeName
    public var reason: OverridableReason

    public init(_ node: NodeName, _ reason: OverridableReason) {
        self.node = node
        self.reason = reason
    }

    /// Reads `NODE:CODE`: one name, no selector. Fails with `override-malformed`, `override-not-possible`.
    public init(parsing text: String) throws(FleetError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let node = NodeName(parts[0]) else {
            throw FleetError(
                "override-malformed", "“\(text.printableLine)” is not NODE:CODE, with the name of one node.",
                advice: "Each node is named by itself, such as pve01:\(OverridableReason.deviceUsedByHost.rawValue).")
        }
        guard let reason = OverridableReason(rawValue: String(parts[1])) else {
            let valid = OverridableReason.allCases.map(\.rawValue)
            let near = nearest(to: String(parts[1]), in: valid).map { "Did you mean \($0)? " } ?? ""
            throw FleetError(
                "override-not-possible", "“\(parts[1].printableLine)” can't be overridden.",
                advice: "\(near)Those that can: \(valid.joined(separator: ", ")).")
        }
        self.init(node, reason)
    }

    public static func < (a: Self, b: Self) -> Bool { (a.node, a.reason) < (b.node, b.reason) }

    public var description: String { "\(node):\(reason.rawValue)" }
}

extension FleetPlan {
    /// What this plan lets pass, in order. Empty for most.
    public var overrides: [NodeOverride] {
        nodes.flatMap { entry in
            entry.plan.reasons.filter { $0.severity == .overridden }
                .compactMap { OverridableReason(rawValue: $0.code.rawValue) }.map { NodeOverride(entry.plan.node, $0) }
        }.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }.sorted()
    }
}

extension HostUse.Purpose {
    /// Without it the node still gets as far as its guard, which puts it back: it runs from the disk, with no network and
    /// nobody at a screen. What disks, their keys and a watchdog are good for, it can't do without.
    var isSurvivable: Bool {
        switch self {
        case .defaultRoute, .management, .bridgePort, .bondPort, .vlanParent, .networkAddress, .corosync, .console,
            .serialConsole, .ipmi, .keyboard, .licenceDongle, .powerSupply:
            true
        case .rootFileSystem, .bootFileSystem, .swap, .zfsVdev, .zfsForeign, .lvmPhysicalVolume, .cephOSD, .mount,
            .guestDisk, .tpm, .watchdog:
            false
        }
    }
}

extension DeviceSafety {
    /// A blocker about what the host uses, unless the operator lets it pass here, and the node could still put itself back.
    func blocker(
        _ code: OverridableReason, about uses: [HostUse], _ message: String, evidence: [Evidence]
    ) -> Reason {
        guard settings.overridden?.contains(code) == true else {
            return .blocker(code.reason, message, evidence: evidence)
        }
        let vital = uses.map(\.purpose) + critical.untraced.map(\.purpose)
        if let purpose = vital.first(where: { !$0.isSurvivable }) {
            let more =
                " This can't be overridden: without \(purpose.words) the node might not be able to put itself back."
            return .blocker(code.reason, message + more, evidence: evidence)
        }
        return Reason(.overridden, code.reason, message, evidence: evidence)
    }
}

extension Situation {
    /// About overrides themselves: those that nothing asked for, and those that nothing guards.
    func overrideReasons(_ reasons: [Reason], reboot: Bool) -> [Reason] {
        guard let wanted = settings.overridden else { return [] }
        let used = reasons.filter { $0.severity == .overridden }.map(\.code.rawValue)
        let needless = wanted.filter { $0 != .riskTooHigh && !used.contains($0.rawValue) }.map { code in
            Reason.warning(.overrideNotNeeded, "Nothing here is let pass by the override of \(code.rawValue).")
        }
        guard !used.isEmpty, !reboot else { return needless }
        let message =
            "Only a node that reboots is guarded. This plan needs no reboot, so nothing would take back what is overridden."
        return [.blocker(.overrideUnguarded, message)] + needless
    }
}
