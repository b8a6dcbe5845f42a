import Engine
import Fleet

/// A guest of a simulated node.
struct SimulatedGuest: Sendable {
    var kind: GuestFacts.Kind
    var vm: VMID
    var configuration: String

    static let others = [
        SimulatedGuest(kind: .lxc, vm: number(201), configuration: "startup: order=2\n"),
        SimulatedGuest(
            kind: .qemu, vm: number(202),
            configuration: "onboot: 1\nstartup: order=1\nnet0: virtio=\(address),bridge=vmbr0\n"),
        SimulatedGuest(kind: .qemu, vm: number(203), configuration: "memory: 512\n"),
    ]
    /// Of the interface of 202.
    static let address = "BC:24:11:00:02:02"
    static let ranBefore: Set = [number(100), number(201), number(202)]

    private static func number(_ number: UInt32) -> VMID {
        guard let vm = VMID(number: number) else { preconditionFailure("not a guest's number: \(number)") }
        return vm
    }

    func facts(runs: Bool) -> GuestFacts {
        GuestFacts(
            kind: kind, id: vm, configuration: .known(configuration), state: .known(runs ? .running : .stopped),
            processArguments: .known(runs ? ["kvm", "-id", vm.description] : nil))
    }
}

extension SimulatedNode {
    /// What the node's next boot starts by itself.
    var startingAtBoot: Set<VMID> {
        let own = guest["onboot"] == "1" ? VMID("100").map { [$0] } ?? [] : []
        return Set(own + others.filter { $0.configuration.contains("onboot: 1") }.map(\.vm))
    }

    func shutDown(_ guests: [GuestStay], _ token: FencingToken) throws(NodeFailure) {
        try requireLock(token)
        let stubborn = guests.filter { $0.kind == .lxc && faults.contains(.guestStaysUp) }
        for guest in guests where !stubborn.contains(guest) && runningGuests.remove(guest.vm) != nil {
            guestLog.append("stop \(guest.vm)")
        }
        if !stubborn.isEmpty { throw .refused(FleetError("guest-not-stopped", "It runs on."), nil) }
        try mayLoseAnswer()
    }

    func start(_ guest: GuestStay, _ token: FencingToken) throws(NodeFailure) {
        try requireLock(token)
        if guest.kind == .lxc, faults.contains(.guestStaysDown), reboots > 0 {
            throw .refused(FleetError("guest-not-started", "It stays down."), nil)
        }
        if runningGuests.insert(guest.vm).inserted { guestLog.append("start \(guest.vm)") }
        try mayLoseAnswer()
    }
}

extension SimulatedNode {
    /// `m2` has little memory, `m3` has enough.
    func migrationLook(_ guests: [VMID]) throws(NodeFailure) -> MigrationLook {
        try requireUp()
        return MigrationLook(
            members: [
                .init(name: "m2", freeMemory: min(1, freeElsewhere)), .init(name: "m3", freeMemory: freeElsewhere),
            ],
            guests: guests.map { .init(vm: $0) })
    }

    func places(of guests: [VMID]) throws(NodeFailure) -> [GuestPlace] {
        try requireUp()
        return guests.map { vm in
            let host = away[vm]
            return GuestPlace(vm: vm, host: host ?? "m1", runs: host != nil || runningGuests.contains(vm))
        }
    }

    func migrate(_ journey: GuestJourney, _ token: FencingToken) throws(NodeFailure) {
        try requireLock(token)
        if journey.to == nil {
            if faults.contains(.guestStaysAway) { throw .refused(FleetError("guest-not-migrated", "It stays."), nil) }
            if away.removeValue(forKey: journey.vm) != nil { guestLog.append("home \(journey.vm)") }
            runningGuests.insert(journey.vm)
        } else if !faults.contains(.migrationLies) {
            if faults.contains(.migrationFails) { throw .refused(FleetError("guest-not-migrated", "It failed."), nil) }
            if runningGuests.remove(journey.vm) != nil { guestLog.append("move \(journey.vm)") }
            away[journey.vm] = journey.to
        }
        try mayLoseAnswer()
    }
}
