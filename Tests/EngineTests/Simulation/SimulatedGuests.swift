import Engine
import Fleet

/// The guests of a simulated fleet, wherever they are.
struct SimulatedGuests {
    struct Guest {
        let vm: VMID
        let kind: GuestFacts.Kind
        let home: NodeName
        let order: Int?
        /// Nil = its plan changes nothing about it.
        let change: GuestChange?
        /// The member that has it now, by name.
        var place: String
        var runs: Bool
        var startsAtBoot: Bool
        /// Its plan was carried out.
        var isSet = false
        let ranBefore: Bool
        let hadOnboot: Bool
        /// A failure of the power ended it.
        var wasEndedByPower = false
        /// When somebody started it by hand, last.
        var startedAt = 0
        /// The roll-out brought it back in this boot.
        var wasBroughtBack = false
    }

    /// In order of their numbers.
    private(set) var all: [Guest] = []
    /// What must not be and was.
    var broken: [String] = []

    subscript(vm: VMID) -> Guest? { all.first { $0.vm == vm } }

    func at(_ node: NodeName) -> [Guest] {
        let place = node.description
        return all.filter { $0.place == place }
    }

    func of(_ node: NodeName) -> [Guest] { all.filter { $0.home == node } }

    /// Four, of which the first two may get a device, the second does not run, and the last is a container.
    mutating func populate(_ member: SimulatedMember, number: UInt32, _ draw: () -> Bool) {
        for (index, base) in [100, 101, 201, 202].enumerated() {
            guard let vm = VMID(number: number * 1000 + UInt32(base)) else { continue }
            let (runs, startsAtBoot) = (index != 1 && draw(), index != 1 && draw())
            all.append(
                Guest(
                    vm: vm, kind: base == 202 ? .lxc : .qemu, home: member.name, order: base == 201 ? 1 : nil,
                    change: member.work.guests.first { $0.vm == vm }, place: member.name.description, runs: runs,
                    startsAtBoot: startsAtBoot, ranBefore: runs, hadOnboot: startsAtBoot))
        }
    }

    private mutating func change(_ vm: VMID, on member: SimulatedMember, _ body: (inout Guest) -> Void)
        throws(FleetError)
    {
        let place = member.name.description
        guard let index = all.firstIndex(where: { $0.vm == vm }), all[index].place == place else {
            throw .simulated("guest-missing")
        }
        body(&all[index])
    }

    func place(of vm: VMID) -> GuestPlace {
        let guest = self[vm]
        return GuestPlace(vm: vm, host: guest?.place, runs: guest?.runs ?? false)
    }

    // MARK: - Orders

    mutating func set(_ change: GuestChange, on member: SimulatedMember) throws(FleetError) {
        guard let guest = self[change.vm] else { throw .simulated("guest-missing") }
        if let option = change.options.first(where: { $0.key == "onboot" }) {
            let now = guest.startsAtBoot ? "1" : "0"
            if now == option.after { return }
            guard now == option.before else { throw .simulated("guest-changed-since-plan") }
            try self.change(change.vm, on: member) { $0.startsAtBoot = option.after == "1" }
        } else if member.fate != .guestLies {
            try self.change(change.vm, on: member) { guest in
                guest.isSet = change.options.first?.after == guest.change?.options.first?.after
            }
        }
    }

    mutating func shutDown(_ guests: [VMID], on member: SimulatedMember) throws(FleetError) {
        let isStubborn = [.guestStaysUp, .shutdownLies].contains(member.fate)
        let stubborn = guests.filter { isStubborn && self[$0]?.kind == .lxc && self[$0]?.home == member.name }
        for vm in guests where !stubborn.contains(vm) { try change(vm, on: member) { $0.runs = false } }
        if !stubborn.isEmpty, member.fate == .guestStaysUp { throw .simulated("guest-not-stopped") }
    }

    mutating func start(_ vm: VMID, on member: SimulatedMember) throws(FleetError) {
        if member.fate == .guestStaysDown, self[vm]?.kind == .lxc, member.reboots > 0 {
            throw .simulated("guest-not-started")
        }
        try change(vm, on: member) { guest in
            guest.runs = true
            guest.wasBroughtBack = true
        }
    }

    /// Somebody starts one of the guests that are on the node and do not run.
    mutating func startSome(on node: NodeName, at now: Int) {
        let place = node.description
        guard let index = all.firstIndex(where: { $0.place == place && !$0.runs }) else { return }
        all[index].runs = true
        all[index].startedAt = now
    }

    mutating func move(_ vm: VMID, to place: String, isRunning: Bool) {
        guard let index = all.firstIndex(where: { $0.vm == vm }) else { return }
        all[index].place = place
        all[index].runs = isRunning
        all[index].wasBroughtBack = all[index].home.description == place
    }

    // MARK: - Boots

    /// The node has gone down and will come up: what starts with it runs.
    /// `lookedAt`: when a controller looked at the node last.
    mutating func restart(_ member: SimulatedMember, lookedAt: Int) {
        let place = member.name.description
        for index in all.indices where all[index].place == place {
            let guest = all[index]
            switch member.descent {
            case .ordered:
                let isKnown = guest.startedAt < lookedAt
                if guest.runs, isKnown, member.evacuates {
                    broken.append("\(place) was rebooted under its guest \(guest.vm)")
                }
            case .byGuard:
                if guest.runs, guest.wasBroughtBack { broken.append("\(place)'s guard ended its guest \(guest.vm)") }
            case .unforeseen:
                if guest.runs, !guest.startsAtBoot { all[index].wasEndedByPower = true }
            }
            all[index].runs = guest.startsAtBoot
            all[index].wasBroughtBack = false
        }
    }

    // MARK: - The end

    /// A guest of the node that is not as before and that nobody tells of.
    func forgotten(_ result: NodeResult, _ run: NodeRun) -> VMID? {
        run.work.evacuates ? forgotten(of: run.node, result.problem?.error.message ?? "") : nil
    }

    /// The same, by what is told.
    func forgotten(of node: NodeName, _ told: String) -> VMID? {
        let home = node.description
        return of(node).first { guest in
            let isDown = guest.ranBefore && !(guest.runs && guest.place == home) && !guest.wasEndedByPower
            let isHeld = guest.hadOnboot && !guest.startsAtBoot
            return (isDown || isHeld || guest.place != home) && !told.contains("\(guest.vm)")
        }?.vm
    }

    /// Guests of the plan that are not, or although they should not be, as it has them.
    func areSet(_ node: NodeName) -> Bool { of(node).allSatisfy { ($0.change != nil) == $0.isSet } }
    func isAnySet(_ node: NodeName) -> Bool { of(node).contains(where: \.isSet) }
}

extension SimulatedGuests.Guest {
    /// The option of the plan, as it is now.
    private var device: String? {
        guard let option = change?.options.first else { return nil }
        return isSet ? option.after : option.before
    }

    var facts: GuestFacts {
        var text = "memory: 512\n"
        if let device { text += "hostpci0: \(device)\n" }
        if startsAtBoot || hadOnboot { text += "onboot: \(startsAtBoot ? 1 : 0)\n" }
        if let order { text += "startup: order=\(order)\n" }
        return GuestFacts(
            kind: kind, id: vm, configuration: .known(text), state: .known(runs ? .running : .stopped),
            processArguments: .known(nil))
    }
}
