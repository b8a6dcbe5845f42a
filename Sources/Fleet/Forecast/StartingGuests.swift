/// Guests that start with the node and take PCI devices from it: they grab whole groups, unasked, minutes after the boot.
struct StartingGuests {
    private(set) var forecasts: [Forecast.Guest] = []
    private(set) var memory: Forecast.Memory?
    private(set) var unknowns: [String] = []

    init(_ situation: Situation) {
        guard case .known(let guests) = situation.facts.guests else {
            unknowns = ["Which guests start with the node and take devices."]
            return
        }
        let areGroupsKnown = situation.iommu == .on
        let mappings = ResourceMappings(situation.facts)
        var pinned: UInt64 = 0
        for guest in guests where guest.kind == .qemu {
            guard case .known(let text) = guest.configuration else {
                unknowns.append("What VM \(guest.id) takes: its configuration could not be read.")
                continue
            }
            let options = GuestConfiguration(text).effective
            guard
                options["onboot"].flatMap(PropertyString.boolean) == true
                    || GuestPitfalls.isStartedByHA(guest.id, situation.facts)
            else { continue }
            let entries = HostPCIEntry.all(in: options, mappings)
            guard !entries.isEmpty else { continue }
            for entry in entries {
                guard let mapping = entry.mapping, entry.hosts.isEmpty || entry.isChoice else { continue }
                unknowns.append(
                    entry.isChoice
                        ? "Which of its devices VM \(guest.id) takes through the mapping \(mapping)."
                        : "What VM \(guest.id) takes through the mapping \(mapping).")
            }
            forecasts.append(
                Forecast.Guest(
                    vm: guest.id, takes: Self.taken(by: entries, areGroupsKnown, situation.index),
                    areGroupsKnown: areGroupsKnown))
            pinned = min(pinned + GuestPitfalls.memory(options), GuestPitfalls.mostMemory)
        }
        if !forecasts.isEmpty, let total = situation.facts.memory.value?.totalKiB {
            memory = Forecast.Memory(pinned: pinned, total: total / 1024)
        }
    }

    /// Those that take the host's network or storage as soon as they start: the node would come up, and be gone a minute later.
    func losses(_ situation: Situation) -> [Reason] {
        forecasts.filter(\.areGroupsKnown).flatMap { guest in
            guest.takes.compactMap { address in
                let uses = situation.critical.uses(of: address).filter(\.purpose.holdsUpHost)
                guard !uses.isEmpty, let function = situation.index.function(at: address) else { return nil }
                let message =
                    "VM \(guest.vm) starts with the node and takes \(function.words), which the host needs for "
                    + "\(Seen.needs(uses, on: address)). Set onboot: 0 for it (or take it out of HA), or take the device from it."
                return .blocker(.startingGuestTakesHost, message, evidence: uses.map(Seen.use))
            }
        }
    }

    private static func taken(by entries: [HostPCIEntry], _ areGroupsKnown: Bool, _ index: PCIIndex) -> [PCIAddress] {
        let own = index.functions.filter { function in entries.contains { $0.takes(function.address) } }
        return DeviceClosure(own, in: index.table).members.filter { member in
            if case .group = member.cause { areGroupsKnown } else { true }
        }.map(\.function.address)
    }
}
