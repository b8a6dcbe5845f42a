/// What guest options mean, beyond their spelling.
enum GuestOptions {
    /// Whether an option already says what is wanted. Parts that the playbook does not speak of may be there too.
    static func fulfils(_ key: String, _ existing: String?, _ wanted: String) -> Bool {
        if existing == wanted { return true }
        switch key {
        case "bios": return (existing ?? "seabios") == wanted
        case "machine": return machine(existing ?? "pc", wanted)
        case "cpu": return existing.map { covers($0, wanted, "cputype") } ?? false
        default: return existing.map { covers($0, wanted, "") && covers(wanted, $0, "") } ?? false
        }
    }

    /// Whether PCI Express slots are there for `pcie=1`.
    static func isQ35(_ machine: String?) -> Bool {
        guard let machine else { return false }
        return chipset(PropertyString(machine, defaultKey: "type")["type"] ?? "") == "q35"
    }

    /// The order in which options are shown and set: the firmware and machine first, devices last.
    static func precedes(_ a: String, _ b: String) -> Bool {
        let first = ["bios", "machine", "cpu"]
        let ranks = [a, b].map { first.firstIndex(of: $0) ?? first.count }
        return ranks[0] == ranks[1] ? a < b : ranks[0] < ranks[1]
    }

    private static func covers(_ existing: String, _ wanted: String, _ defaultKey: String) -> Bool {
        PropertyString(existing, defaultKey: defaultKey).covers(PropertyString(wanted, defaultKey: defaultKey))
    }

    /// A version pinned by Proxmox (`pc-q35-9.2+pve1`) is the machine that was asked for without one (`q35`).
    private static func machine(_ existing: String, _ wanted: String) -> Bool {
        var existing = PropertyString(existing, defaultKey: "type")
        let wanted = PropertyString(wanted, defaultKey: "type")
        if let type = wanted["type"], ["q35", "pc"].contains(type), chipset(existing["type"] ?? "pc") == type {
            existing.set("type", type)
        }
        return existing.covers(wanted)
    }

    private static func chipset(_ type: String) -> String {
        if type == "q35" || type.hasPrefix("pc-q35-") { return "q35" }
        return type == "pc" || type.hasPrefix("pc-i440fx-") ? "pc" : type
    }
}
