import Fleet
import TestSupport

/// What ties a simulated node to its cluster: services under HA, and OSDs.
struct SimulatedTies: Equatable {
    /// HA looks after services of the cluster.
    var hasHA = false
    var isInMaintenance = false
    /// Services on the node, and those that left it.
    var services: Set<String> = []
    var away: Set<String> = []
    /// Numbers of the node's OSDs, and of those with the flag.
    var osds: Set<Int> = []
    var noout: Set<Int> = []

    static func byChance(_ random: inout SeededNumbers) -> SimulatedTies {
        var ties = SimulatedTies()
        if Int.random(in: 0..<3, using: &random) == 0 {
            ties.hasHA = true
            ties.isInMaintenance = Int.random(in: 0..<4, using: &random) == 0
            let services = ["vm:300", "ct:301"].filter { _ in Bool.random(using: &random) }
            if !ties.isInMaintenance { ties.services = Set(services) }
        }
        if Int.random(in: 0..<3, using: &random) == 0 {
            ties.osds = [1, 2]
            ties.noout = Set([1, 2].filter { _ in Int.random(in: 0..<3, using: &random) == 0 })
        }
        return ties
    }

    var look: ClusterLook {
        let availability = HAStanding(
            mode: isInMaintenance ? "maintenance" : "active", isMaintenanceAsked: isInMaintenance,
            activeServices: services.sorted(), isInUse: hasHA)
        let osds = osds.sorted().map { CephStanding.OSD(id: $0, hasNoout: noout.contains($0)) }
        return ClusterLook(
            host: "n", availability: availability, ceph: osds.isEmpty ? nil : CephStanding(osds: osds))
    }

    mutating func hold(_ hold: ClusterHold, moves: Bool) {
        if hold.maintenance == .set { isInMaintenance = true }
        noout.formUnion(hold.noout)
        guard isInMaintenance, moves else { return }
        away.formUnion(services)
        services = []
    }

    mutating func release(_ hold: ClusterHold) {
        noout.subtract(hold.noout)
        guard hold.maintenance == .set else { return }
        isInMaintenance = false
        services.formUnion(away)
        away = []
    }
}

extension SimulatedMember {
    /// Orders to the cluster, and looks at it; nil = it is neither.
    mutating func tie(_ action: NodeEffect.Action) -> SimulatedLook? {
        switch action {
        case .holdCluster(let hold):
            ties.hold(hold, moves: fate != .servicesStay)
            return hold.flaw(whileHeld: ties.look).map { .failed($0.code) } ?? .outcome(.done)
        case .releaseCluster(let hold):
            if fate != .staysHeld { ties.release(hold) }
            return hold.flaw(whenReleased: ties.look).map { .failed($0.code) } ?? .outcome(.done)
        case .awaitHome(let hold):
            return hold.flaw(whenHome: ties.look).map { .failed($0.code) } ?? .outcome(.done)
        default: return nil
        }
    }

    /// The end of a check that found nothing wrong.
    var checkedTies: SimulatedLook {
        guard work.reboot, let hold = ClusterHold(ties.look) else { return .outcome(.done) }
        return .outcome(.foundCluster(hold))
    }

    /// What forbids the reboot at the last look before it.
    func tiesForbid(_ hold: ClusterHold?) -> FleetError.Code? {
        guard work.reboot else { return nil }
        return (hold.map { $0.flaw(whileHeld: ties.look) } ?? ClusterHold.flaw(withoutHold: ties.look))?.code
    }

    /// An order to reboot that came while the cluster still counted on the node.
    var tieFlaws: [String] {
        let isManaged = ties.hasHA && (!ties.isInMaintenance || !ties.services.isEmpty)
        guard isManaged || !ties.osds.isSubset(of: ties.noout) else { return [] }
        return ["\(name) was rebooted while its cluster counted on it: \(ties)"]
    }

    /// What is set in its cluster, or away from it, and nobody tells of.
    func forgottenTie(_ result: NodeResult) -> String? {
        let told = result.problem?.error.message ?? ""
        if ties.isInMaintenance, !tiesBefore.isInMaintenance, !told.contains("node-maintenance disable") {
            return "maintenance was left on"
        }
        if tiesBefore.isInMaintenance, !ties.isInMaintenance { return "maintenance of before was taken off" }
        if !ties.noout.subtracting(tiesBefore.noout).isEmpty, !told.contains("unset-group noout") {
            return "noout was left on"
        }
        if !tiesBefore.noout.isSubset(of: ties.noout) { return "noout of before was taken off" }
        return ties.away.first { !told.contains($0) }.map { "\($0) stays away" }
    }
}
