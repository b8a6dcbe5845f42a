import Fleet

/// What becomes of a node's guests around its reboot. Orders are believed when a fresh look shows what they did.
extension NodeWorker {
    /// Written to the journal before any guest is touched.
    func noteGuests(_ neighbours: ClusterNeighbours) async throws(NodeFailure) -> Outcome {
        let facts = try await observe()
        if let refusal = visitorRefusal(facts, neighbours) { return .failed(.init(refusal)) }
        let leaving = Evacuation.travellers(facts, entry.settings, changing: entry.plan.guests)
        let look = leaving.isEmpty ? nil : try await migrationLook(leaving)
        do throws(FleetError) {
            let avoiding = leaving.isEmpty ? [] : try await hostsThatMayGoDown(neighbours)
            let stays = try Evacuation.stays(
                facts, entry.settings, changing: entry.plan.guests, look: look, avoiding: avoiding)
            if let place = driver.controller.place(on: facts), place.isEnded(by: stays) {
                return .failed(.init(place.refusal(session.node.name)))
            }
            return .noted(stays)
        } catch { return .failed(.init(error)) }
    }

    func evacuate(_ guests: [GuestStay]) async throws(NodeFailure) -> Outcome {
        for guest in guests { try await setOnboot(guest, isHeld: true) }
        for guest in guests {
            if let target = guest.target, let error = try await move(guest, to: target) { return .failed(.init(error)) }
        }
        let running = guests.filter { $0.ran && $0.target == nil }
        guard !running.isEmpty else { return .done }
        try await session.use { [token] node throws(NodeFailure) in try await node.shutDown(running, token) }
        let facts = try await observe()
        let left = running.filter { facts.state(of: $0) != .known(.stopped) }
        return left.isEmpty ? .done : .failed(.init(.notSeen(left, "stopped", facts)))
    }

    /// After a failure nobody may have taken the lock again since the node's last boot.
    func bringBack(_ guest: GuestStay) async throws(NodeFailure) -> Outcome {
        _ = try await lock()
        if guest.target != nil, let error = try await bringHome(guest) { return .failed(.init(error)) }
        if guest.ran {
            try await session.use { [token] node throws(NodeFailure) in try await node.start(guest, token) }
            let facts = try await observe()
            guard facts.state(of: guest) == .known(.running) else {
                return .failed(.init(.notSeen([guest], "running", facts)))
            }
        }
        try await setOnboot(guest, isHeld: false)
        if guest.ran, guest.target == nil, guest.delaySeconds > 0 { try await wait(.seconds(guest.delaySeconds)) }
        return .done
    }

    /// Notes it among what the roll-out set, so that an undo knows it too.
    private func setOnboot(_ guest: GuestStay, isHeld: Bool) async throws(NodeFailure) {
        guard let usual = guest.heldOnboot else { return }
        let option = GuestChange.Option(key: "onboot", before: isHeld ? usual : "0", after: isHeld ? "0" : usual)
        let change = GuestChange(vm: guest.vm, options: [option])
        _ = try await session.use { [token] node throws(NodeFailure) in try await node.set(change, token) }
    }

    /// What an undo had taken from it, on a host that stays as it was. Right after a boot nothing can be set for a while.
    func reset(_ vm: VMID) async throws(NodeFailure) -> Outcome {
        guard let change = entry.plan.guests.first(where: { $0.vm == vm })?.reversed else { return .done }
        try await patiently(["cluster-not-quorate", "guest-missing"]) { () throws(NodeFailure) in
            _ = try await lock()
            _ = try await session.use { [token] node throws(NodeFailure) in try await node.set(change, token) }
        }
        guard let flaw = differences(from: change, try await observe()).first else { return .done }
        return .failed(.init(.notReset(session.node.name, change, flaw)))
    }

    /// The controller itself may be here, or have come meanwhile.
    func controllerRefusal(_ facts: NodeFacts) -> FleetError? {
        guard entry.plan.reboot else { return nil }
        return driver.controller.place(on: facts)?.refusal(session.node.name)
    }

    /// Somebody may have started a guest since it was shut down, or another one.
    func guestRefusal(_ facts: NodeFacts) -> FleetError? {
        guard entry.plan.reboot, entry.plan.evacuation != nil else { return nil }
        let running = Evacuation.stillRunning(facts, entry.settings, changing: entry.plan.guests)
        guard !running.isEmpty else { return nil }
        return FleetError(
            "guest-started-meanwhile",
            "\(session.node.name) is not rebooted: \(running.joined(separator: ", ")) runs again, or still.",
            advice: "Find out who starts it (HA, a script, a person), then apply again.")
    }
}

extension ControllerIdentity.Place {
    /// The controller is in a guest that is to be shut down: it could not be migrated after all.
    fileprivate func isEnded(by stays: [GuestStay]) -> Bool {
        guard case .guest(let kind, let vm) = self else { return false }
        return stays.contains { $0.kind == kind && $0.vm == vm && $0.ran && $0.target == nil }
    }
}

extension NodeFacts {
    func state(of guest: GuestStay) -> Observed<GuestFacts.State>? {
        guests.value?.first { $0.kind == guest.kind && $0.id == guest.vm }?.state
    }
}

extension GuestChange {
    /// Back to what was before it.
    var reversed: GuestChange {
        GuestChange(vm: vm, options: options.map { Option(key: $0.key, before: $0.after, after: $0.before) })
    }
}

extension FleetError {
    fileprivate static func notReset(_ node: NodeName, _ change: GuestChange, _ flaw: CheckResult) -> FleetError {
        let words = change.options.map { option in
            option.after.map { "--\(option.key) \($0)" } ?? "--delete \(option.key)"
        }
        return FleetError(
            "guest-not-reset",
            "VM \(change.vm) on \(node) has not got back what the undo took from it: \(flaw.message)",
            advice: "By hand: qm set \(change.vm) \(words.joined(separator: " ")).")
    }

    fileprivate static func notSeen(_ guests: [GuestStay], _ state: String, _ facts: NodeFacts) -> FleetError {
        let names = guests.map { guest in
            let seen = facts.state(of: guest)?.value?.rawValue
            return "\(guest.title) (\(seen ?? "not to be seen"))"
        }
        return FleetError(
            state == "stopped" ? "guest-not-stopped" : "guest-not-started",
            "The order was carried out, and a fresh look does not show these guests \(state): "
                + names.joined(separator: ", ") + ".",
            advice: "See the guest's own log and its tasks on the node: pvenode task list.")
    }
}
