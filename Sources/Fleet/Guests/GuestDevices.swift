/// Which guests name which PCI devices, read from the guests' configurations.
public enum GuestDevices {
    /// The guests whose current `hostpci` lines name each slot, in the order of their ids. Lines that name a resource
    /// mapping are not resolved here.
    public static func holders(in facts: NodeFacts) -> [PCISlot: [VMID]] {
        var holders: [PCISlot: [VMID]] = [:]
        for guest in (facts.guests.value ?? []).sorted(by: { $0.id < $1.id }) {
            for slot in Set(slots(in: guest.configuration.value ?? "")) { holders[slot, default: []].append(guest.id) }
        }
        return holders
    }

    // Only the part before the first section is in force; sections are pending changes and snapshots.
    private static func slots(in configuration: String) -> [PCISlot] {
        configuration.split(separator: "\n").prefix { !$0.hasPrefix("[") }.flatMap { line -> [PCISlot] in
            guard line.hasPrefix("hostpci"), let colon = line.firstIndex(of: ":") else { return [] }
            let options = line[line.index(after: colon)...].split(separator: ",").map { $0.drop { $0 == " " } }
            let hosts = options.compactMap { option -> Substring? in
                if option.hasPrefix("host=") { return option.dropFirst(5) }
                return option.contains("=") ? nil : option
            }
            return hosts.flatMap { $0.split(separator: ";") }.compactMap { PCIAddress($0)?.slot ?? PCISlot($0) }
        }
    }
}
