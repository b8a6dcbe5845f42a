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
    /// What is to be restored after the reboot, in start order: guests that run and are to be shut down, and guests that
    /// get a device and start with the node, which must not before their device is proven.
    /// - Parameter changes: what the plan sets.
    /// - Throws: `guest-forbids-reboot`, `guest-locked`, `facts-incomplete`.
    public static func stays(
        _ facts: NodeFacts, _ settings: NodeSettings, changing changes: [GuestChange]
    ) throws(FleetError) -> [GuestStay] {
        guard let evacuation = settings.evacuation else { return [] }
        let survey = GuestSurvey(facts, evacuation)
        if let blocker = survey.reasons.first(where: { $0.severity == .blocker }) {
            throw FleetError(blocker.code, blocker.message)
        }
        return survey.guests.compactMap { guest in
            let runs = guest.runs && guest.choice == .shutdown
            let onboot = guest.options["onboot"].flatMap { PropertyString.boolean($0) == true ? $0 : nil }
            let held = settings.holdsOff(guest.vm, changes) && guest.choice != .leave ? onboot : nil
            guard runs || held != nil else { return nil }
            return GuestStay(
                kind: guest.kind, vm: guest.vm, ran: runs, order: guest.order,
                delaySeconds: min(guest.startup("up") ?? 0, 3600),
                shutdownSeconds: min(guest.startup("down") ?? evacuation.timeoutSeconds, 86_400),
                isForced: evacuation.forceStop, heldOnboot: held)
        }
    }

    /// The guests that run although they should not when the node is rebooted, in start order.
    public static func stillRunning(_ facts: NodeFacts, _ settings: NodeSettings) -> [String] {
        guard let evacuation = settings.evacuation else { return [] }
        return GuestSurvey(facts, evacuation).guests.filter { $0.runs && $0.choice != .leave }
            .map { $0.kind.title($0.vm) }
    }
}

/// What a plan says about the guests of a node that is rebooted.
struct EvacuationPlan {
    /// Nil = nothing is done about any guest.
    private(set) var departures: [GuestDeparture]?
    private(set) var reasons: [Reason] = []

    init(_ facts: NodeFacts, _ settings: NodeSettings, changing changes: [GuestChange]) {
        let evacuation = settings.evacuation ?? EvacuationSettings()
        let survey = GuestSurvey(facts, evacuation)
        let running = survey.guests.filter(\.runs)
        let left = running.filter { $0.choice == .leave && !$0.startsAtBoot }.map { $0.kind.title($0.vm) }
        if !left.isEmpty {
            let message =
                "\(left.joined(separator: ", ")): running, ended by the reboot, and not started with the node (onboot)."
            reasons.append(.warning(.guestStaysDown, message))
        }
        guard evacuation.doesSomething else { return }
        reasons += survey.reasons
        departures = running.map { GuestDeparture(kind: $0.kind, vm: $0.vm, choice: $0.choice) }
        let down = running.filter { $0.choice == .shutdown }.map { $0.kind.title($0.vm) }
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

/// The guests of a node, each with what is chosen for it.
private struct GuestSurvey {
    struct Guest {
        var kind: GuestFacts.Kind
        var vm: VMID
        var runs: Bool
        var options: [String: String]
        var choice: EvacuationSettings.Choice

        var startsAtBoot: Bool { options["onboot"].flatMap(PropertyString.boolean) == true }
        var order: Int? { startup("order") }

        /// A part of `startup: order=1,up=30,down=60`.
        func startup(_ key: String) -> Int? {
            options["startup"].flatMap { PropertyString($0, defaultKey: "order")[key] }.flatMap { Int($0) }
        }
    }

    /// In start order.
    private(set) var guests: [Guest] = []
    private(set) var reasons: [Reason] = []

    init(_ facts: NodeFacts, _ settings: EvacuationSettings) {
        guard case .known(let all) = facts.guests else {
            if case .unknown(let why) = facts.guests { reasons.append(.incomplete("Which guests run", why)) }
            return
        }
        for guest in all { add(guest, settings.choice(for: guest.id)) }
        guests.sort { ($0.order ?? .max, $0.vm) < ($1.order ?? .max, $1.vm) }
    }

    private mutating func add(_ guest: GuestFacts, _ choice: EvacuationSettings.Choice) {
        let title = guest.kind.title(guest.id)
        if choice != .leave, case .unknown(let why) = guest.state {
            reasons.append(.incomplete("Whether \(title) runs", why))
        }
        if choice != .leave, case .unknown(let why) = guest.configuration {
            reasons.append(.incomplete("The configuration of \(title)", why))
        }
        let options = guest.configuration.value.map { GuestConfiguration($0).effective } ?? [:]
        let runs = guest.state == .known(.running)
        guests.append(Guest(kind: guest.kind, vm: guest.id, runs: runs, options: options, choice: choice))
        guard runs else { return }
        if choice == .refuse {
            let message =
                "\(title) runs, and the playbook does not let the node reboot while it does (rollout: guests)."
            reasons.append(.blocker(.guestForbidsReboot, message))
        }
        if choice == .shutdown, let lock = options["lock"] {
            reasons.append(
                .blocker(.guestLocked, "\(title) is locked (\(lock)), and can't be shut down until that ends."))
        }
    }
}
