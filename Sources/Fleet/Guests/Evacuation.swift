/// What becomes of one guest that runs, at the reboot of its node.
public struct GuestDeparture: Hashable, Sendable, Codable {
    public var kind: GuestFacts.Kind
    public var vm: VMID
    public var choice: EvacuationSettings.Choice

    public init(kind: GuestFacts.Kind, vm: VMID, choice: EvacuationSettings.Choice) {
        self.kind = kind
        self.vm = vm
        self.choice = choice
    }
}

/// Which guests run on a node, and what has to happen to them around its reboot. Pure.
public enum Evacuation {
    /// The guests that are to be migrated, as far as facts tell that they can be.
    public static func travellers(
        _ facts: NodeFacts, _ settings: NodeSettings, changing changes: [GuestChange]
    ) -> [VMID] {
        guard let evacuation = settings.evacuation else { return [] }
        return GuestSurvey(facts, evacuation, changing: changes).guests.filter { $0.runs && $0.choice == .migrate }
            .map(\.vm)
    }

    /// What is to be restored after the reboot: guests that run and are to be shut down or migrated, and guests that
    /// get a device and start with the node, which must not before their device is proven.
    /// - Parameters:
    ///   - changes: what the plan sets.
    ///   - look: where those who are to be migrated may go; nil = nowhere.
    ///   - avoiding: members, by Proxmox' names, that no guest may go to.
    /// - Throws: `guest-forbids-reboot`, `guest-not-migratable`, `guest-locked`, `facts-incomplete`.
    public static func stays(
        _ facts: NodeFacts, _ settings: NodeSettings, changing changes: [GuestChange], look: MigrationLook? = nil,
        avoiding: Set<String> = []
    ) throws(FleetError) -> [GuestStay] {
        guard let evacuation = settings.evacuation else { return [] }
        var survey = GuestSurvey(facts, evacuation, changing: changes)
        if let blocker = survey.reasons.first(where: { $0.severity == .blocker }) {
            throw FleetError(blocker.code, blocker.message)
        }
        let targets = try survey.choose(look ?? MigrationLook(members: [], guests: []), avoiding: avoiding)
        let stays = survey.guests.compactMap { guest -> GuestStay? in
            let runs = guest.runs && [.shutdown, .migrate].contains(guest.choice)
            let onboot = guest.options["onboot"].flatMap { PropertyString.boolean($0) == true ? $0 : nil }
            let held = settings.holdsOff(guest.vm, changes) && guest.choice != .leave ? onboot : nil
            guard runs || held != nil else { return nil }
            return GuestStay(
                kind: guest.kind, vm: guest.vm, ran: runs, order: guest.order,
                delaySeconds: min(guest.startup("up") ?? 0, 3600),
                shutdownSeconds: min(guest.startup("down") ?? evacuation.timeoutSeconds, 86_400),
                isForced: evacuation.forceStop, heldOnboot: held, target: targets[guest.vm],
                obstacle: guest.obstacle)
        }
        return stays.sorted(by: GuestStay.comesBackBefore)
    }

    /// The guests that run although they should not when the node is rebooted, in start order.
    public static func stillRunning(
        _ facts: NodeFacts, _ settings: NodeSettings, changing changes: [GuestChange]
    ) -> [String] {
        guard let evacuation = settings.evacuation else { return [] }
        return GuestSurvey(facts, evacuation, changing: changes).guests.filter { $0.runs && $0.choice != .leave }
            .map(\.title)
    }
}

/// What a plan says about the guests of a node that is rebooted.
struct EvacuationPlan {
    /// Nil = nothing is done about any guest.
    private(set) var departures: [GuestDeparture]?
    private(set) var reasons: [Reason] = []

    init(_ facts: NodeFacts, _ settings: NodeSettings, changing changes: [GuestChange]) {
        let evacuation = settings.evacuation ?? EvacuationSettings()
        let survey = GuestSurvey(facts, evacuation, changing: changes)
        let running = survey.guests.filter(\.runs)
        let left = running.filter { $0.choice == .leave && !$0.startsAtBoot }.map(\.title)
        if !left.isEmpty {
            let message =
                "\(left.joined(separator: ", ")): running, ended by the reboot, and not started with the node (onboot)."
            reasons.append(.warning(.guestStaysDown, message))
        }
        guard evacuation.doesSomething else { return }
        reasons += survey.reasons
        departures = running.map { GuestDeparture(kind: $0.kind, vm: $0.vm, choice: $0.choice) }
        let away = running.filter { $0.choice == .migrate }.map(\.title)
        if !away.isEmpty { reasons.append(.note(.guestMigrated, Self.journey(of: away, facts))) }
        let down = running.filter { $0.choice == .shutdown }.map(\.title)
        if !down.isEmpty {
            let message =
                "\(down.joined(separator: ", ")): shut down before anything is changed, and started again when the node is proven."
            reasons.append(.note(.guestShutDown, message))
        }
        for guest in survey.guests where guest.startsAtBoot && guest.choice != .leave {
            guard settings.holdsOff(guest.vm, changes) else { continue }
            let message =
                "VM \(guest.vm) gets its device before it starts with the node again: onboot is off during the reboot."
            reasons.append(.note(.guestStartHeldOff, message))
        }
    }

    private static func journey(of guests: [String], _ facts: NodeFacts) -> String {
        let others = facts.cluster.value?.members.filter { !$0.isLocal }.map(\.name).sorted() ?? []
        let names = others.isEmpty ? "another member of the cluster" : "one of \(others.joined(separator: ", "))"
        return
            "\(guests.joined(separator: ", ")): migrated to \(names) before anything is changed, and back when the node is "
            + "proven. Which one is decided then: of those that Proxmox allows, the one with the most memory free."
    }
}

extension NodeSettings {
    /// Whether a guest's start with the node is held off: it gets something new, and neither the playbook nor the plan sets
    /// `onboot`.
    fileprivate func holdsOff(_ vm: VMID, _ changes: [GuestChange]) -> Bool {
        guard let change = changes.first(where: { $0.vm == vm }) else { return false }
        return !guests.contains { $0.vm == vm && $0.options["onboot"] != nil }
            && !change.options.contains { $0.key == "onboot" }
    }
}

extension EvacuationSettings {
    /// Not every guest is left to the reboot.
    var doesSomething: Bool { usual != .leave || exceptions.contains { $0.choice != .leave } }
}
