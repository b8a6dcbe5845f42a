import Fleet

extension Format where Value == GuestRequest {
    static var guest: Format {
        let vm = Key("vm", Format<VMID>.vm, "The guest's number.", isRequired: true)
        let nodes = Key("nodes", .selector, "The nodes this guest lives on; every node when left out.")
        let plain = [("bios", Format<String>.bios), ("machine", .machine), ("cpu", .option)].map { name, format in
            Key(name, format, "Proxmox' option \(name) of the guest.")
        }
        let options = Key("options", Format<[String: String]>.options, "Further options of qm set, by name.")
        let devices = Key("devices", Format<GuestRequest.GuestDevice>.guestDevice.list(), "Devices, in hostpci order.")
        let shape = Shape(name: "a guest", keys: [vm, nodes] + plain + [options, devices])
        return .object(shape) { fields in
            let nodes = fields[nodes]
            var all = fields[options] ?? [:]
            for key in plain {
                guard let value = fields[key] else { continue }
                if all[key.name] != nil {
                    fields.diagnostics.report(
                        "conflicting-keys", "\(quoted(key.name)) stands in the guest and in its options.",
                        at: fields.tree.location, advice: "Keep one of them.")
                }
                all[key.name] = value
            }
            let devices = fields[devices] ?? []
            return fields[vm].map { GuestRequest(vm: $0, nodes: nodes, options: all, devices: devices) }
        }
    }
}

extension Format where Value == VMID {
    static var vm: Format {
        .scalar(
            "a guest's number (100…999999999)",
            schema: ["type": "integer", "minimum": 100, "maximum": 999_999_999],
            parse: { $0.isPlain ? VMID($0.text) : nil })
    }
}

extension Format where Value == String {
    /// After the schema of `qm set` (PVE::QemuServer).
    static var bios: Format {
        .scalar(
            "a guest's firmware (seabios, ovmf)", schema: ["enum": ["seabios", "ovmf"]],
            parse: { ["seabios", "ovmf"].contains($0.text) ? $0.text : nil })
    }

    /// A machine type, with or without its version, and options after it (PVE::QemuServer::Machine).
    static var machine: Format {
        let pattern = "^(type=)?(q35|virt|pc)(-[a-z0-9.+-]+)?(,.+)?$"
        return .scalar(
            "a machine type such as q35 or pc-i440fx-9.2", schema: ["type": "string", "pattern": .string(pattern)],
            parse: { $0.text.wholeMatch(of: /(type=)?(q35|virt|pc)(-[a-z0-9.+-]+)?(,.+)?/) == nil ? nil : $0.text })
    }

    /// The value of one option of `qm set`. YAML's truth values become Proxmox' 1 and 0.
    static var option: Format {
        .scalar(
            "an option's value", schema: ["type": ["string", "number", "boolean"], "minLength": 1],
            parse: { scalar in
                guard (1...8192).contains(scalar.text.utf8.count),
                    !scalar.text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f })
                else { return nil }
                return scalar.isPlain ? truthValue(scalar.text).map { $0 ? "1" : "0" } ?? scalar.text : scalar.text
            })
    }
}

extension Format where Value == [String: String] {
    /// Words of `qm set` that are no options of the guest, or that this tool sets itself.
    private static var reserved: Set<String> {
        ["delete", "digest", "force", "revert", "skiplock", "background_delay"]
    }

    static var options: Format {
        let pattern = "^(?!(hostpci[0-9]*|\(reserved.sorted().joined(separator: "|")))$)[a-z][a-z0-9_-]{0,63}$"
        let pairs = Format<String>.option.mapping(
            "options (NAME: value)", key: "an option of a guest (devices are given under devices)",
            keyPattern: pattern, isKey: isOption)
        return Format(pairs.expected, schema: pairs.schema) { tree, diagnostics in
            pairs.read(tree, diagnostics).map { pairs in
                Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }
            }
        }
    }

    @Sendable private static func isOption(_ name: String) -> Bool {
        guard (1...64).contains(name.utf8.count), let first = name.utf8.first, (97...122).contains(first),
            name.utf8.allSatisfy({ (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 95 })
        else { return false }
        let isDevice = name.hasPrefix("hostpci") && name.dropFirst(7).allSatisfy(\.isNumber)
        return !isDevice && !reserved.contains(name)
    }
}
