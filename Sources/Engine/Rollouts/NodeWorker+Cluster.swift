import Fleet

/// What the cluster is told around a node's reboot. Orders are believed when a fresh look shows what they did.
extension NodeWorker {
    /// Finds out what has to be set, and that nothing forbids it, before anything is touched.
    func askCluster(_ facts: NodeFacts) async throws(NodeFailure) -> Outcome {
        guard entry.plan.reboot else { return .done }
        let pinned = facts.pinnedServices(entry.plan.guests)
        let look = try await waitForCluster { look in ClusterHold.refusal(look, pinned: pinned) }
        return ClusterHold(look).map { .foundCluster($0) } ?? .done
    }

    func holdCluster(_ hold: ClusterHold) async throws(NodeFailure) -> Outcome {
        try await tellCluster(hold.orders(isOn: true))
        _ = try await waitForCluster { hold.flaw(whileHeld: $0) }
        return .done
    }

    /// Ceph would move the data of OSDs that are not up yet as soon as the flag is gone. They have their time; then it is put
    /// back all the same, since what does not come up is Ceph's to mend.
    func releaseCluster(_ hold: ClusterHold) async throws(NodeFailure) -> Outcome {
        _ = try await lock()
        let orders = hold.orders(isOn: false)
        try await goingOn { () throws(NodeFailure) in try await tellPatiently(orders.filter(\.isMaintenance)) }
        try await goingOn { () throws(NodeFailure) in _ = try await waitForCluster { hold.flaw(ofOSDs: $0) } }
        try await goingOn { () throws(NodeFailure) in try await tellPatiently(orders.filter { !$0.isMaintenance }) }
        _ = try await waitForCluster { hold.flaw(whenReleased: $0) }
        return .done
    }

    /// What HA refuses keeps nothing from being put back in Ceph, and the other way round: the look afterwards decides.
    private func goingOn(_ body: () async throws(NodeFailure) -> Void) async throws(NodeFailure) {
        do throws(NodeFailure) { try await body() } catch {
            guard error.error.isOfCluster else { throw error }
        }
    }

    /// A node that has just put itself back has no quorum yet.
    private func tellPatiently(_ orders: [ClusterOrder]) async throws(NodeFailure) {
        let deadline = driver.time.now().adding(seconds: patienceSeconds)
        while true {
            do throws(NodeFailure) { return try await tellCluster(orders) } catch {
                guard error.error.isOfCluster, driver.time.now() < deadline else { throw error }
            }
            try await wait()
        }
    }

    func awaitHome(_ hold: ClusterHold) async throws(NodeFailure) -> Outcome {
        _ = try await waitForCluster { hold.flaw(whenHome: $0) }
        return .done
    }

    /// The last look before the reboot.
    func clusterRefusal(_ hold: ClusterHold?) async throws(NodeFailure) -> FleetError? {
        guard entry.plan.reboot else { return nil }
        let look = try await session.use { node throws(NodeFailure) in try await node.clusterLook() }
        return hold.map { $0.flaw(whileHeld: look) } ?? ClusterHold.flaw(withoutHold: look)
    }

    /// Looks until there is nothing wrong with what is seen, or the node has had the time that it may be away.
    func waitForCluster(
        _ flaw: (ClusterLook) -> FleetError?
    ) async throws(NodeFailure) -> ClusterLook {
        let deadline = driver.time.now().adding(seconds: patienceSeconds)
        while true {
            var last: NodeFailure
            do throws(NodeFailure) {
                let look = try await session.use { node throws(NodeFailure) in try await node.clusterLook() }
                guard let error = flaw(look) else { return look }
                last = .refused(error, nil)
                if error.isFinal { throw last }
            } catch {
                // Right after a boot the cluster can't be asked for a while.
                guard error.error.isClusterUnknown else { throw error }
                last = error
            }
            guard driver.time.now() < deadline else { throw last }
            try await wait()
        }
    }

    private func tellCluster(_ orders: [ClusterOrder]) async throws(NodeFailure) {
        guard !orders.isEmpty else { return }
        try await session.use { [token] node throws(NodeFailure) in try await node.tellCluster(orders, token) }
    }
}

/// One thing that a cluster is told.
public enum ClusterOrder: Hashable, Sendable {
    /// The node's HA maintenance.
    case maintenance(isOn: Bool, host: String)
    /// The flag of single OSDs.
    case noout(isOn: Bool, osds: [Int])

    var isMaintenance: Bool { if case .maintenance = self { true } else { false } }

    /// As `cluster-set.sh` takes it.
    var words: String {
        switch self {
        case .maintenance(let isOn, let host): "maintenance \(isOn ? "enable" : "disable") \(host)"
        case .noout(let isOn, let osds):
            "noout \(isOn ? "set-group" : "unset-group") " + osds.map(String.init).joined(separator: " ")
        }
    }
}

extension ClusterHold {
    fileprivate func orders(isOn: Bool) -> [ClusterOrder] {
        (maintenance == .set ? [.maintenance(isOn: isOn, host: host)] : [])
            + (noout.isEmpty ? [] : [.noout(isOn: isOn, osds: noout)])
    }
}

extension FleetError {
    /// Waiting changes nothing about it.
    fileprivate var isFinal: Bool { code == "ha-service-pinned" }

    /// The node was talked to, and can't tell of its cluster: it may be on its way down, or up.
    var isClusterUnknown: Bool { ["ha-unknown", "ceph-unknown", "cluster-unknown"].contains(code) }

    /// The node was talked to, and its cluster would not.
    fileprivate var isOfCluster: Bool {
        isClusterUnknown || ["ha-order-refused", "ceph-order-refused", "ceph-osds-not-up"].contains(code)
    }
}
