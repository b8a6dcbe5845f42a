import Engine
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
    /// When somebody else took the flag off, last.
    var changedAt = 0

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

    func look(_ host: NodeName) -> ClusterLook {
        let availability = HAStanding(
            mode: isInMaintenance ? "maintenance" : "active", isMaintenanceAsked: isInMaintenance,
            activeServices: services.sorted(), isInUse: hasHA)
        let osds = osds.sorted().map { CephStanding.OSD(id: $0, hasNoout: noout.contains($0)) }
        return ClusterLook(
            host: host.description, availability: availability, ceph: osds.isEmpty ? nil : CephStanding(osds: osds))
    }

    fileprivate mutating func maintain(_ isOn: Bool, moves: Bool) {
        isInMaintenance = isOn
        if isOn, moves {
            away.formUnion(services)
            services = []
        } else if !isOn {
            services.formUnion(away)
            away = []
        }
    }
}

extension SimulatedMember {
    mutating func tie(_ order: ClusterOrder) {
        switch order {
        case .maintenance(false, _) where fate == .staysHeld, .noout(false, _) where fate == .staysHeld: break
        case .maintenance(let isOn, _): ties.maintain(isOn, moves: fate != .servicesStay)
        case .noout(true, let osds): ties.noout.formUnion(osds)
        case .noout(false, let osds): ties.noout.subtract(osds)
        }
    }

    mutating func loseFlag(at now: Int) {
        ties.noout = []
        tiesBefore.noout = []
        ties.changedAt = now
    }

    /// An order to reboot that came while the cluster still counted on the node, and a look had shown that it did.
    func tieFlaws(lookedAt: Int) -> [String] {
        guard ties.changedAt < lookedAt else { return [] }
        let isManaged = ties.hasHA && (!ties.isInMaintenance || !ties.services.isEmpty)
        guard isManaged || !ties.osds.isSubset(of: ties.noout) else { return [] }
        return ["\(name) was rebooted while its cluster counted on it: \(ties)"]
    }

    /// What is set in its cluster, or away from it, and nobody tells of.
    func forgottenTie(_ told: String) -> String? {
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
