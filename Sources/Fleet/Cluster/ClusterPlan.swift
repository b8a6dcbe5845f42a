/// What a plan says about the cluster of a node that is rebooted.
struct ClusterPlan {
    private(set) var reasons: [Reason] = []

    init(_ facts: NodeFacts, changing changes: [GuestChange]) {
        if case .unknown(let why) = facts.cluster {
            reasons.append(.incomplete("How the node stands in its cluster", why))
        }
        judgeAvailability(facts, changes)
        judgeCeph(facts)
    }

    private mutating func judgeAvailability(_ facts: NodeFacts, _ changes: [GuestChange]) {
        let started = HAResources(facts).services.filter(\.isStarted)
        guard !started.isEmpty else { return }
        let own = facts.guests.value ?? []
        let here = started.map(\.id).filter { id in own.contains { GuestFacts.Kind.serviceID($0.kind, $0.id) == id } }
        let pinned = Set(facts.pinnedServices(changes))
        for id in here where pinned.contains(id) {
            let message =
                "\(id) is managed by HA, and a device binds it to this node: HA can't move it away, and the node's "
                + "maintenance would never be reached. Take it out of HA's hands for the reboot "
                + "(ha-manager set \(id) --state ignored), and set its state back afterwards."
            reasons.append(.blocker(.haServicePinned, message))
        }
        let leave = here.filter { !pinned.contains($0) }
        let who = leave.isEmpty ? "" : ", and HA moves \(leave.joined(separator: ", ")) away and back"
        reasons.append(.note(.haMaintenance, "The node is put into HA maintenance for its reboot\(who)."))
    }

    private mutating func judgeCeph(_ facts: NodeFacts) {
        guard let uses = facts.hostUses.value, uses.contains(where: { $0.purpose == .cephOSD }) else { return }
        let message =
            "The node carries Ceph OSDs: Ceph is asked whether they may stop, with monitors and metadata servers that run "
            + "here, and noout is set for them meanwhile."
        reasons.append(.note(.cephNoout, message))
    }
}

extension NodeFacts {
    /// Guests that can't leave the node, as high availability names them: they have a device of its own, or get one. A
    /// configuration that can't be read may hold one.
    public func pinnedServices(_ changes: [GuestChange]) -> [String] {
        let changed = changes.map { GuestFacts.Kind.serviceID(.qemu, $0.vm) }
        let holding = (guests.value ?? []).filter { guest in
            guard let text = guest.configuration.value else { return true }
            return GuestConfiguration(text).effective.keys.contains { $0.hasPrefix("hostpci") }
        }
        return changed + holding.map { GuestFacts.Kind.serviceID($0.kind, $0.id) }
    }
}
