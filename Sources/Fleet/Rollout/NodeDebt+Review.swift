// A debt is not forced upon a node: what somebody else has settled meanwhile, or chosen otherwise, is owed no more.

extension NodeDebt {
    /// - Parameters:
    ///   - places: where guests are that the node does not tell of.
    ///   - look: how the node stands in its cluster; needed where something may be set there.
    public func review(_ facts: NodeFacts, places: [GuestPlace] = [], look: ClusterLook? = nil) -> DebtReview {
        var review = DebtReview()
        if let hold, let look { review.hold = hold.left(after: look, &review.notes) }
        for stay in stays {
            let place = places.first { $0.vm == stay.vm }
            guard var left = stay.left(after: facts, place, &review.notes) else { continue }
            left.leftBefore = true
            review.stays.append(left)
        }
        return review
    }
}

extension GuestStay {
    /// What is still to be done about it; nil = nothing.
    fileprivate func left(after facts: NodeFacts, _ place: GuestPlace?, _ notes: inout [String]) -> GuestStay? {
        // Who can't be seen is not known to be well.
        guard case .known(let guests) = facts.guests else { return self }
        guard let guest = guests.first(where: { $0.kind == kind && $0.id == vm }) else {
            return leftElsewhere(place, facts.clusterName, &notes)
        }
        var left = self
        if ran, guest.state == .known(.running) {
            notes.append("\(title) runs again already.")
            left.ran = false
            left.target = nil
        }
        if let usual = heldOnboot, case .known(let text) = guest.configuration {
            let now = GuestConfiguration(text).effective["onboot"]
            if now != "0" {
                if now != usual { notes.append("onboot of \(title) was set to \(now ?? "nothing") since: it stays.") }
                left.heldOnboot = nil
            }
        }
        return left.ran || left.heldOnboot != nil ? left : nil
    }

    /// `own`: the node's name in its cluster.
    private func leftElsewhere(_ place: GuestPlace?, _ own: String?, _ notes: inout [String]) -> GuestStay? {
        guard let place, let own, ![target ?? own, own].contains(place.host) else { return self }
        let seen = place.host.map { "on \($0) by now, where it was not sent" } ?? "on no node of the cluster any more"
        notes.append("\(title) is \(seen).")
        return nil
    }
}

extension NodeFacts {
    /// As Proxmox has it; nil = the node did not tell.
    fileprivate var clusterName: String? {
        proxmox.nodeName.value ?? hostName.value.map { String($0.prefix { $0 != "." }) }
    }
}

extension ClusterHold {
    /// What of it is still set, and who is away for it; nil = nothing.
    fileprivate func left(after look: ClusterLook, _ notes: inout [String]) -> ClusterHold? {
        let isOn = look.availability.map { $0.isInMaintenance || $0.isMaintenanceAsked } ?? false
        let isOwed = isOpen && maintenance == .set && isOn
        if isOpen, maintenance == .set, !isOn { notes.append("HA maintenance is off already.") }
        let here = look.availability?.activeServices ?? []
        let away = isAwaited ? services.filter { !here.contains($0) } : []
        if !isOwed, !away.isEmpty {
            // Without the mode, where HA has them is where they belong.
            notes.append("HA has \(away.joined(separator: ", ")) elsewhere, and is not in maintenance.")
        }
        let osds = look.ceph?.osds ?? []
        let flagged = isOpen ? noout.filter { id in osds.contains { $0.id == id && $0.hasNoout } } : []
        if isOpen, flagged != noout {
            let gone = noout.filter { !flagged.contains($0) }
            notes.append("noout is not set for \(gone.osdNames) any more.")
        }
        guard isOwed || !flagged.isEmpty else { return nil }
        var left = ClusterHold(
            host: host, maintenance: isOwed ? .set : .none, services: isOwed ? away : [], noout: flagged,
            upOSDs: flagged.isEmpty ? [] : upOSDs.filter { id in osds.contains { $0.id == id } })
        left.isBegun = true
        return left
    }
}
