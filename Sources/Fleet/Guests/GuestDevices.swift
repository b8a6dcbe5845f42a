/// Which guests name which PCI devices, read from the guests' configurations.
public enum GuestDevices {
    /// The guests whose `hostpci` lines in force name each slot, by address or through a resource mapping, in the order of
    /// their ids.
    public static func holders(in facts: NodeFacts) -> [PCISlot: [VMID]] {
        var holders: [PCISlot: [VMID]] = [:]
        let mappings = ResourceMappings(facts)
        for guest in (facts.guests.value ?? []).sorted(by: { $0.id < $1.id }) {
            guard case .known(let text) = guest.configuration else { continue }
            let entries = HostPCIEntry.all(in: GuestConfiguration(text).current.options, mappings)
            for slot in Set(entries.flatMap(\.hosts).map(\.slot)) { holders[slot, default: []].append(guest.id) }
        }
        return holders
    }
}

extension HostPCIEntry.Host {
    /// The device it names or is a function of.
    var slot: PCISlot {
        switch self {
        case .function(let address): address.slot
        case .device(let slot): slot
        }
    }
}
