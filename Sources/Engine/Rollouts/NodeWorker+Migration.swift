import Fleet
import Store

/// Guests that go to another member of the cluster for the reboot, and come home. What counts is where a look shows them.
extension NodeWorker {
    func migrationLook(_ guests: [VMID]) async throws(NodeFailure) -> MigrationLook {
        try await session.use { node throws(NodeFailure) in try await node.migrationLook(guests) }
    }

    /// Members of its cluster, by Proxmox' names, that this roll-out or another one may reboot before a guest is home again.
    func hostsThatMayGoDown(_ neighbours: ClusterNeighbours) async throws(FleetError) -> Set<String> {
        var names = try await hostNames(of: neighbours.nodes, seen: peers)
        for other in try await driver.store.openRollouts().map(\.rollout) where other.id != token.rollout {
            let open = other.nodes.filter { $0.hasWork && $0.state.result == nil }.map(\.node)
            let entries = try await driver.store.plan(other.plan).nodes.filter {
                $0.plan.cluster == entry.plan.cluster && open.contains($0.plan.node)
            }
            let seen = entries.reduce(into: [:]) { $0[$1.plan.node] = $1.facts }
            names.formUnion(try await hostNames(of: entries.map(\.plan.node), seen: seen))
        }
        return names
    }

    /// As the facts in `seen` tell them; by the nodes' own names where they do not.
    private func hostNames(
        of nodes: [NodeName], seen: [NodeName: ContentDigest]
    ) async throws(FleetError) -> Set<String> {
        var names: Set<String> = []
        for node in nodes {
            names.insert(String(node.description.prefix { $0 != "." }))
            guard let digest = seen[node], let answer = try await driver.store.answer(digest) else { continue }
            if let own = answer.facts.cluster.value?.members.first(where: \.isLocal)?.name { names.insert(own) }
        }
        return names
    }

    /// A guest that is here only while another node of the roll-out is away must not be moved on, or ended.
    func visitorRefusal(_ facts: NodeFacts, _ neighbours: ClusterNeighbours) -> FleetError? {
        let visitors = (facts.guests.value ?? []).filter { neighbours.travellers.contains($0.id) }
        guard let first = visitors.first else { return nil }
        return FleetError(
            "guest-on-its-way",
            "\(first.kind.title(first.id)) is on \(session.node.name) only while another node of its cluster is rebooted.",
            advice: "When it is home again: vfiofleet rollout retry \(session.node.name). per-cluster: 1 avoids this.")
    }

    /// Nil = a look shows it running there, and no longer here; or it was stopped meanwhile, and stays.
    func move(_ guest: GuestStay, to target: String) async throws(NodeFailure) -> FleetError? {
        let place = try await place(of: guest)
        if place.host != target {
            guard let host = place.host else { return .nowhere(guest) }
            guard place.runs else { return nil }
            try await order(GuestJourney(vm: guest.vm, from: host, to: target, isOnline: true))
        }
        let (facts, now) = (try await observe(), try await self.place(of: guest))
        let isHere = facts.guests.value?.contains { $0.kind == guest.kind && $0.id == guest.vm }
        guard isHere == false, now.host == target, now.runs else { return .notMoved(guest, to: target, now) }
        return nil
    }

    /// Nil = it is here; whether it runs is seen to afterwards. Right after a boot the cluster can't be asked for a while, and
    /// has no quorum.
    func bringHome(_ guest: GuestStay) async throws(NodeFailure) -> FleetError? {
        try await patiently(["guest-place-unknown", "cluster-not-quorate"]) { () throws(NodeFailure) in
            try await tryToBringHome(guest)
        }
    }

    private func tryToBringHome(_ guest: GuestStay) async throws(NodeFailure) -> FleetError? {
        if try await observe().state(of: guest) != nil { return nil }
        let place = try await place(of: guest)
        guard let host = place.host else { return .nowhere(guest) }
        try await order(GuestJourney(vm: guest.vm, from: host, to: nil, isOnline: place.runs))
        return nil
    }

    private func place(of guest: GuestStay) async throws(NodeFailure) -> GuestPlace {
        try await places(of: [guest.vm]).first ?? GuestPlace(vm: guest.vm, host: nil, runs: false)
    }

    func places(of guests: [VMID]) async throws(NodeFailure) -> [GuestPlace] {
        try await session.use { node throws(NodeFailure) in try await node.places(of: guests) }
    }

    private func order(_ journey: GuestJourney) async throws(NodeFailure) {
        try await session.use { [token] node throws(NodeFailure) in try await node.migrate(journey, token) }
    }
}

extension FleetError {
    fileprivate static func nowhere(_ guest: GuestStay) -> FleetError {
        FleetError(
            "guest-missing", "\(guest.title) is on no node of the cluster any more.",
            advice: "If it was removed meanwhile, nothing is to be done; see: pvesh get /cluster/resources --type vm")
    }

    fileprivate static func notMoved(_ guest: GuestStay, to target: String, _ now: GuestPlace) -> FleetError {
        let seen = now.host.map { "on \($0), \(now.runs ? "running" : "and not running")" } ?? "nowhere"
        return FleetError(
            "guest-not-migrated",
            "\(guest.title) was to be migrated to \(target), and a look does not show it running there alone: it is \(seen).",
            advice: "See the task's log on the node: pvenode task list.")
    }
}
