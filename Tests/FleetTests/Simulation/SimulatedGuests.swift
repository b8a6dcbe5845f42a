import Fleet

/// The guests of a simulated node.
extension SimulatedMember {
    /// One that a device is set for, and that so has its start with the node held off; and two others.
    static let numbers = [100, 201, 202].compactMap(VMID.init(number:))

    mutating func populate(_ running: Set<VMID>, startingAtBoot: Set<VMID>) {
        self.running = running
        ranBefore = running
        startsAtBoot = startingAtBoot
        hadOnboot = Self.numbers.first.map(startingAtBoot.contains) ?? false
    }

    var stays: [GuestStay] {
        Self.numbers.enumerated().compactMap { number, vm in
            let held = number == 0 && startsAtBoot.contains(vm) ? "1" : nil
            guard running.contains(vm) || held != nil else { return nil }
            return GuestStay(
                kind: number == 2 ? .lxc : .qemu, vm: vm, ran: running.contains(vm), order: number == 1 ? 1 : nil,
                heldOnboot: held,
                target: number == 1 && migrates && running.contains(vm) ? target?.description ?? "other" : nil)
        }
    }

    mutating func evacuate(_ guests: [GuestStay]) -> SimulatedLook {
        for guest in guests where guest.heldOnboot != nil { startsAtBoot.remove(guest.vm) }
        if guests.contains(where: { $0.target != nil }) {
            if fate == .migrationFails { return .failed("guest-not-migrated") }
            away.formUnion(guests.filter { running.contains($0.vm) && $0.target != nil }.map(\.vm))
        }
        let isStubborn = fate == .guestStaysUp && guests.contains { $0.vm == Self.numbers.last && $0.ran }
        for guest in guests where !isStubborn || guest.vm != Self.numbers.last { running.remove(guest.vm) }
        return isStubborn ? .failed("guest-not-stopped") : .outcome(.done)
    }

    /// An evacuation that failed must not have led to a reboot.
    var evacuationFlaws: [String] {
        guard evacuates, !endedByReboot.isEmpty else { return [] }
        return ["\(name) was rebooted under its guests \(endedByReboot)"]
    }

    mutating func bringBack(_ guest: GuestStay) -> SimulatedLook {
        if case .waiting = trial { trial = .armed }
        if trial == .stuck { isGivenUp = true }
        if guest.ran {
            if fate == .guestStaysDown, guest.vm == Self.numbers.last, reboots > 0 {
                return .failed("guest-not-started")
            }
            if guest.target != nil, fate == .guestStaysAway, reboots > 0 { return .failed("guest-not-migrated") }
            running.insert(guest.vm)
            broughtBack.insert(guest.vm)
            away.remove(guest.vm)
        }
        if guest.heldOnboot != nil { startsAtBoot.insert(guest.vm) }
        return .outcome(.done)
    }

    /// A guest that does not run as before and that nobody tells of.
    func forgottenGuest(_ result: NodeResult, _ run: NodeRun) -> VMID? {
        guard run.work.evacuates else { return nil }
        let told = result.problem?.error.message ?? ""
        return ranBefore.subtracting(running).subtracting(endedByPower).union(away).first { !told.contains("\($0)") }
            ?? heldForever.flatMap { told.contains("\($0)") ? nil : $0 }
    }

    private var heldForever: VMID? {
        Self.numbers.first.flatMap { hadOnboot && !startsAtBoot.contains($0) ? $0 : nil }
    }
}
