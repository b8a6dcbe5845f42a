import Fleet

extension Format where Value == GuestRequest.GuestDevice {
    /// A device's name, or a mapping with more about it.
    static var guestDevice: Format {
        let device = Key("device", .deviceName, "The name of a device of this playbook.", isRequired: true)
        let layout = Key(
            "layout", Format<GuestRequest.GuestDevice.Layout>.word("a layout"),
            "per-function: one hostpci line for each function. all-functions: one line for the device.")
        let options = Key(
            "options", Format<[String]>.hostpciOptions,
            "Options of the first function's line; pcie and x-vga when left out.")
        let shape = Shape(name: "a guest's device", keys: [device, layout, options])
        let schema: JSON = ["anyOf": [Format<String>.deviceName.schema, shape.schema]]
        return Format("a device's name, or a mapping", schema: schema) { tree, diagnostics in
            if tree.scalar != nil {
                return Format<String>.deviceName.read(tree, diagnostics).map { GuestRequest.GuestDevice(device: $0) }
            }
            guard let fields = shape.open(tree, diagnostics) else { return nil }
            let layout = fields[layout] ?? .perFunction
            let options = fields[options]
            return fields[device].map { name in
                options.map { .init(device: name, layout: layout, firstFunctionOptions: $0) }
                    ?? .init(device: name, layout: layout)
            }
        }
    }
}

extension Format where Value == [String] {
    /// `hostpci` options as `name=value`, in the order written (PVE::QemuServer::PCI, `$hostpci_fmt`).
    static var hostpciOptions: Format {
        let flags = ["pcie", "x-vga", "rombar", "legacy-igd"].map { Key($0, .flag) }
        let ids = ["vendor-id", "device-id", "sub-vendor-id", "sub-device-id"].map { Key($0, .hexID) }
        let words = [Key("romfile", .romFile), Key("mdev", .mediatedDevice)]
        let keys = flags + ids + words
        let shape = Shape(name: "the options of a hostpci line", keys: keys)
        return Format(shape.name, schema: shape.schema) { tree, diagnostics in
            guard let fields = shape.open(tree, diagnostics) else { return nil }
            return (tree.mapping ?? []).compactMap { entry in
                keys.first { $0.name == entry.key }.flatMap { fields[$0] }.map { "\(entry.key)=\($0)" }
            }
        }
    }
}

extension Format where Value == String {
    /// A truth value or 1 and 0, as Proxmox writes them.
    fileprivate static var flag: Format {
        .scalar("1 or 0", schema: ["enum": [1, 0, true, false, "yes", "no", "on", "off"]]) { scalar in
            if !scalar.isPlain { return nil }
            return ["0", "1"].contains(scalar.text) ? scalar.text : truthValue(scalar.text).map { $0 ? "1" : "0" }
        }
    }

    /// In quotes: without them it is a number to YAML, and other tools write it in another base.
    fileprivate static var hexID: Format {
        .scalar(
            "four hexadecimal digits in quotes, such as “0x10de”",
            schema: ["type": "string", "pattern": "^0x[0-9a-fA-F]{4}$"],
            parse: { scalar in
                let isHex = scalar.text.utf8.count == 6 && UInt16(hex: scalar.text.dropFirst(2)) != nil
                return !scalar.isPlain && isHex && scalar.text.hasPrefix("0x") ? scalar.text : nil
            })
    }

    /// A file in /usr/share/kvm, without a path.
    fileprivate static var romFile: Format { fileWord("a file's name in /usr/share/kvm") }
    fileprivate static var mediatedDevice: Format { fileWord("a type of mediated device such as “nvidia-63”") }

    private static func fileWord(_ expected: String) -> Format {
        .scalar(
            expected, schema: ["type": ["string", "number"], "pattern": "^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$"],
            parse: { scalar in
                let isPlain: (Character) -> Bool = { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
                guard let first = scalar.text.first, isPlain(first), scalar.text.utf8.count <= 255,
                    scalar.text.allSatisfy({ isPlain($0) || $0 == "." || $0 == "-" })
                else { return nil }
                return scalar.text
            })
    }
}
