import Fleet

extension Format where Value == MachineDescription.Relation? {
    /// One entry of `relations`. Nil within = a kind this version does not know, which is let pass.
    static var relation: Format {
        let kind = Key("kind", .text("a kind", limit: 64), isRequired: true)
        let at = Key("at", Format<PCIAddress>.address, isRequired: true)
        let bus = Key("secondary_bus", Format<String>.bus)
        let parent = Key("physfn", Format<PCIAddress>.address)
        let name = Key("name", .text("a name", limit: 128))
        let shape = Shape(name: "a relation", keys: [kind, at, bus, parent, name], isOpen: true)
        return .object(shape) { fields in
            guard case (let word?, let address?) = (fields[kind], fields[at]) else { return nil }
            switch word {
            case "boot_vga": return .some(.bootVGA(address))
            case "bridge": return fields.need(bus, of: word).map { .bridge(address, secondaryBus: $0) }
            case "physfn": return fields.need(parent, of: word).map { .virtualFunction(address, of: $0) }
            case "nic": return fields.need(name, of: word).map { .nic(address, name: $0) }
            case "disk": return fields.need(name, of: word).map { .disk(address, name: $0) }
            default: return .some(nil)
            }
        }
    }
}

extension Fields {
    /// A key that only this kind of entry needs.
    fileprivate func need<Value>(_ key: Key<Value>, of kind: String) -> Value? {
        if tree[key.name] == nil {
            diagnostics.report(
                "missing-key", "A relation of the kind \(quoted(kind)) needs the key \(quoted(key.name)).",
                at: tree.location)
        }
        return self[key]
    }
}

extension Format where Value == String {
    /// `domain:bus`, such as `0000:01`.
    static var bus: Format {
        .scalar(
            "a domain and bus such as “0000:01”",
            schema: ["type": "string", "pattern": "^[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}$"],
            parse: { scalar in PCISlot("\(scalar.text):00").map { String($0.description.dropLast(3)) } })
    }
}
