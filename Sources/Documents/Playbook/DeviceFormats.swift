import Fleet

extension Format where Value == DeviceRequest {
    static var device: Format {
        let name = Key("name", .deviceName, "The name guests refer to the device by.", isRequired: true)
        let at = Key("at", Format<PCISlot>.slot, "The device at this slot: “01:00”.")
        let match = Key("match", Format<DeviceRequest.Kind>.kind, "The devices that are of this kind.")
        let functions = Key(
            "functions", Format<Int>.integer(0...7, "a function").list(atLeast: 1),
            "Which functions of the device; all when left out.")
        let optional = Key("optional", .bool, "Leave nodes without such a device alone, instead of blocking them.")
        let siblings = Key(
            "accept-siblings", Format<AcceptedSibling>.sibling.list(),
            "Other members of the IOMMU group that may be taken along with this device.")
        let bind = Key("bind", Format<BindChoice>.binding, "How this device is bound, when not as the others.")
        let shape = Shape(name: "a device", keys: [name, at, match, functions, optional, siblings, bind])
        return object(shape, oneOf: [at.name, match.name]) { fields in
            let slot = fields[at]
            let kind = fields[match]
            let functions = fields[functions]?.map { UInt8(clamping: $0) }
            let rest = (fields[optional] ?? false, fields[siblings] ?? [], fields[bind])
            let found = slot.map { DeviceRequest.Match.slot($0) } ?? kind.map { .kind($0) }
            guard case (let name?, let match?) = (fields[name], found) else { return nil }
            return DeviceRequest(
                name: name, match: match, functions: functions, optional: rest.0, acceptSiblings: rest.1,
                bind: rest.2)
        }
    }

    /// A mapping in which exactly one of some keys stands.
    private static func object(
        _ shape: Shape, oneOf names: [String], make: @escaping @Sendable (Fields) -> Value?
    ) -> Format {
        let choices = JSON.array(names.map { ["required": [.string($0)]] })
        return Format(shape.name, schema: shape.schema.adding("oneOf", choices)) { tree, diagnostics in
            guard let fields = shape.open(tree, diagnostics) else { return nil }
            let given = names.filter { tree[$0] != nil }
            let value = make(fields)
            guard given.count == 1 else {
                let list = names.map { quoted($0) }.joined(separator: " or ")
                let found = given.isEmpty ? "neither is there" : "both are there"
                diagnostics.report(
                    given.isEmpty ? "missing-key" : "conflicting-keys",
                    "\(shape.name.sentenceStart) needs \(list): \(found).", at: tree.location,
                    advice: "Say where it is (at: \"01:00\") or what it is (match: {category: display}).")
                return nil
            }
            return value
        }
    }
}

extension Format where Value == String {
    static var deviceName: Format {
        .scalar(
            "a device's name (letters, digits, “.”, “-”, “_”)",
            schema: ["type": ["string", "number"], "pattern": .string(NameRules.groupPattern)],
            parse: { NodeName($0.text)?.description })
    }
}

extension Format where Value == PCISlot {
    /// `01:00`, in quotes or not: what was written counts, not the number YAML 1.1 would make of it.
    static var slot: Format {
        .scalar(
            "a PCI slot such as “01:00”",
            schema: ["type": "string", "pattern": "^([0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[01][0-9a-fA-F]$"],
            advice: { text in
                if PCIAddress(text) != nil {
                    let slot = text.split(separator: ".").first ?? ""
                    return "This is one function. Write at: \"\(slot)\" and functions: [\(text.suffix(1))]; without "
                        + "functions, all of them are meant."
                }
                guard text.allSatisfy(\.isNumber) else { return nil }
                return "Some tools turn 01:00 without quotes into the number 60. Write at: \"01:00\"."
            }, parse: { PCISlot($0.text) })
    }
}

extension Format where Value == AcceptedSibling {
    static var sibling: Format {
        .lossless(
            "a PCI address such as “00:1f.3”, or one with an id such as “00:1f.3 8086:a348”",
            pattern: "^([0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]( [0-9a-fA-F]{4}:[0-9a-fA-F]{4})?$")
    }
}

extension Format where Value == DeviceRequest.Kind {
    static var kind: Format {
        let category = Key(
            "category", Format<DeviceRequest.Kind.Category>.word("a category"), "By the PCI class.")
        let vendor = Key("vendor", Format<UInt16>.vendor, "Four hexadecimal digits, or nvidia, amd, intel.")
        let ids = Key("ids", Format<PCIID>.id.list(atLeast: 1), "Vendor and device: “10de:1f02”.")
        let count = Key("count", .integer(1...256, "a number of devices"), "How many, in the order of addresses.")
        let bootVGA = Key("include-boot-vga", .bool, "The host's console may be taken too.")
        let shape = Shape(name: "a kind of device", keys: [category, vendor, ids, count, bootVGA])
        let some = JSON.array([category.name, vendor.name, ids.name].map { ["required": [.string($0)]] })
        return Format(shape.name, schema: shape.schema.adding("anyOf", some)) { tree, diagnostics in
            guard let fields = shape.open(tree, diagnostics) else { return nil }
            let kind = DeviceRequest.Kind(
                category: fields[category], vendor: fields[vendor], ids: fields[ids] ?? [], count: fields[count],
                includeBootVGA: fields[bootVGA] ?? false)
            if tree[category.name] == nil, tree[vendor.name] == nil, tree[ids.name] == nil {
                diagnostics.report(
                    "missing-key", "This would match every device of the node.", at: tree.location,
                    advice: "Give at least one of category, vendor and ids.")
                return nil
            }
            return kind
        }
    }
}

extension Format where Value == UInt16 {
    private static var vendors: [String: UInt16] { ["nvidia": 0x10de, "amd": 0x1002, "intel": 0x8086] }

    /// A PCI vendor. Digits alone are hexadecimal too, though editors see a number.
    static var vendor: Format {
        .scalar(
            "a PCI vendor such as “10de” (or nvidia, amd, intel)",
            schema: [
                "type": ["string", "integer"], "pattern": "^((0x)?[0-9a-fA-F]{4}|nvidia|amd|intel)$", "minimum": 1000,
                "maximum": 9999,
            ],
            parse: { scalar in
                if let known = vendors[scalar.text] { return known }
                let digits = scalar.text.hasPrefix("0x") ? scalar.text.dropFirst(2) : scalar.text[...]
                return digits.utf8.count == 4 ? UInt16(hex: digits) : nil
            })
    }
}
