import Engine
import Fleet

/// What a simulated node's cluster does with it.
struct SimulatedClusterState: Sendable {
    var availability: HAStanding?
    var ceph: CephStanding?
    /// Services that HA moved away for the maintenance.
    var away: [String] = []
    /// HA obeys and moves nothing.
    var movesNothing = false
    /// Ceph takes the flag and does not set it.
    var nooutLies = false
    /// After a reboot so many orders are refused: there is no quorum yet.
    var refusals = 0
    /// HA refuses for good what ends the maintenance.
    var keepsMaintenance = false
    /// What it was told, in order.
    var log: [String] = []

    mutating func obey(_ order: ClusterOrder) {
        switch order {
        case .maintenance(let isOn, _):
            log.append(isOn ? "maintenance" : "no maintenance")
            availability?.mode = isOn ? "maintenance" : "active"
            guard !movesNothing else { return }
            let here = availability?.activeServices ?? []
            availability?.activeServices = isOn ? [] : (here + away).sorted()
            away = isOn ? away + here : []
        case .noout(let isOn, let ids):
            log.append("\(isOn ? "" : "no ")noout \(ids.map(String.init).joined(separator: " "))")
            guard !nooutLies else { return }
            for index in (ceph?.osds ?? []).indices where ids.contains(ceph?.osds[index].id ?? -1) {
                ceph?.osds[index].hasNoout = isOn
            }
        }
    }

    var flags: [Int] { (ceph?.osds ?? []).filter(\.hasNoout).map(\.id) }
}

extension SimulatedNode {
    func setCluster(_ state: SimulatedClusterState) { cluster = state }

    func clusterLook() throws(NodeFailure) -> ClusterLook {
        try requireUp()
        return ClusterLook(host: name.description, availability: cluster.availability, ceph: cluster.ceph)
    }

    func tellCluster(_ orders: [ClusterOrder], _ token: FencingToken) throws(NodeFailure) {
        try requireLock(token)
        if reboots > 0, cluster.refusals > 0 {
            cluster.refusals -= 1
            throw .refused(FleetError("ha-order-refused", "No quorum."), nil)
        }
        if cluster.keepsMaintenance, orders.contains(.maintenance(isOn: false, host: name.description)) {
            throw .refused(FleetError("ha-order-refused", "No."), nil)
        }
        for order in orders { cluster.obey(order) }
        try mayLoseAnswer()
    }
}
