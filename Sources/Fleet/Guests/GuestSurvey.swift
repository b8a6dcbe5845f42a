/// The guests of a node, each with what becomes of it.
struct GuestSurvey {
    struct Guest {
        var kind: GuestFacts.Kind
        var vm: VMID
        var runs: Bool
        var options: [String: String]
        /// What is done: where a guest is to be migrated and can't be, what is chosen for that.
        var choice: EvacuationSettings.Choice
        /// Why it can't be migrated although it is to be.
        var obstacle: String?

        var startsAtBoot: Bool { options["onboot"].flatMap(PropertyString.boolean) == true }
        var order: Int? { startup("order") }
        var title: String { kind.title(vm) }

        /// A part of `startup: order=1,up=30,down=60`.
        func startup(_ key: String) -> Int? {
            options["startup"].flatMap { PropertyString($0, defaultKey: "order")[key] }.flatMap { Int($0) }
        }
    }

    /// In start order.
    private(set) var guests: [Guest] = []
    private(set) var reasons: [Reason] = []
    private let settings: EvacuationSettings
    private let changed: Set<VMID>
    private let cluster: Observed<ClusterFacts>

    /// `changes`: what the plan sets; such a guest gets something of this node.
    init(_ facts: NodeFacts, _ settings: EvacuationSettings, changing changes: [GuestChange]) {
        self.settings = settings
        changed = Set(changes.map(\.vm))
        cluster = facts.cluster
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
        var entry = Guest(kind: guest.kind, vm: guest.id, runs: runs, options: options, choice: choice)
        guard runs else { return guests.append(entry) }
        if choice == .migrate, let obstacle = obstacle(entry) { stay(&entry, obstacle) }
        guests.append(entry)
        if choice == .refuse {
            reasons.append(
                .blocker(.guestForbidsReboot, "\(title) runs, and no reboot of its node may end it (guests: refuse)."))
        }
        if [.shutdown, .migrate].contains(entry.choice), let lock = options["lock"] {
            let verb = entry.choice == .migrate ? "migrated" : "shut down"
            reasons.append(
                .blocker(.guestLocked, "\(title) is locked (\(lock)), and can't be \(verb) until that ends."))
        }
    }

    /// Why a guest that runs can't be migrated, as far as facts tell; as part of a sentence.
    private func obstacle(_ guest: Guest) -> String? {
        if guest.kind == .lxc { return "a container can't be moved while it runs" }
        if changed.contains(guest.vm) { return "it gets or gives up a device of this node" }
        let bound = guest.options.boundToNode
        if !bound.isEmpty { return "it has something of this node (\(bound.joined(separator: ", ")))" }
        switch cluster {
        case .known(let cluster) where cluster.name == nil: return "its node is in no cluster"
        case .known: return nil
        case .unknown(let why): return "whether its node is in a cluster is not known (\(why.detail))"
        }
    }

    private mutating func stay(_ guest: inout Guest, _ obstacle: String) {
        guest.choice = settings.otherwise.choice
        guest.obstacle = obstacle
        let message = "\(guest.title) is to be migrated and can't be: \(obstacle)."
        switch settings.otherwise {
        case .refuse:
            let advice = "Choose something else for it, or for all such guests (guests: otherwise)."
            reasons.append(.blocker(.guestNotMigratable, "\(message) \(advice)"))
        case .shutdown: reasons.append(.note(.guestNotMigratable, "\(message) It is shut down instead."))
        case .leave: reasons.append(.warning(.guestNotMigratable, "\(message) It is left to the reboot."))
        }
    }

    /// Finds a member for each guest that is to be migrated; one that gets none is treated as chosen for that.
    /// - Returns: the members' names by guest.
    /// - Throws: `guest-not-migratable`
    mutating func choose(_ look: MigrationLook, avoiding: Set<String>) throws(FleetError) -> [VMID: String] {
        var targets = MigrationTargets(look, avoiding: avoiding)
        var chosen: [VMID: String] = [:]
        let leaving = guests.indices.filter { guests[$0].runs && guests[$0].choice == .migrate }
        let largestFirst = leaving.sorted { guests[$0].options.guestMemory > guests[$1].options.guestMemory }
        for index in largestFirst {
            switch targets.choose(guests[index].vm, memory: guests[index].options.guestMemory) {
            case .member(let name): chosen[guests[index].vm] = name
            case .none(let why):
                guard settings.otherwise != .refuse else { throw .notMigratable(guests[index].title, why) }
                guests[index].choice = settings.otherwise.choice
                guests[index].obstacle = why
            }
        }
        return chosen
    }
}

extension FleetError {
    fileprivate static func notMigratable(_ title: String, _ why: String) -> FleetError {
        FleetError(
            "guest-not-migratable", "\(title) is to be migrated before the reboot and can't be: \(why).",
            advice: "See `vfiofleet explain guest-not-migratable`; then apply again.")
    }
}
