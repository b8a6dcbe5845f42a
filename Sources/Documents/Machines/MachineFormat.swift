import Fleet

/// The keys of a machine description.
enum MachineKeys {
    static let machine = Key(
        "machine", .text("a name", limit: 128), "The machine's name, as the file's.", isRequired: true)
    static let standsFor = Key("stands_for", Format<String>.text().list())
    static let source = Key("source", .text())
    static let complete = Key("complete", .bool)
    static let cpu = Key("cpu", Format<TextPair>.cpu)
    static let kernel = Key("kernel", Format<TextPair>.kernel)
    static let firmware = Key("firmware", Format<Firmware?>.firmware)
    static let board = Key("board", .text())
    static let iommu = Key("iommu", Format<MachineDescription.IOMMU>.word("the IOMMU's state"))
    static let pci = Key("pci", Format<MachineDescription.Function>.function.list())
    static let relations = Key("relations", Format<MachineDescription.Relation?>.relation.list())
    static let notes = Key("notes", .text())

    static let shape = Shape(
        name: "a machine description",
        keys: [
            machine, standsFor, source, complete, cpu, kernel, firmware, board, iommu, pci, relations, notes,
        ], isOpen: true)
}

/// Two texts that stand together under one key.
struct TextPair: Sendable {
    var first: String?
    var second: String?
}

extension Format where Value == TextPair {
    static var cpu: Format { pair("the CPU", Key("vendor", .text()), Key("model", .text())) }
    static var kernel: Format { pair("the kernel", Key("release", .text()), Key("cmdline", .text())) }

    private static func pair(_ name: String, _ first: Key<String>, _ second: Key<String>) -> Format {
        .object(Shape(name: name, keys: [first, second], isOpen: true)) {
            TextPair(first: $0[first], second: $0[second])
        }
    }
}

extension Format where Value == Firmware? {
    static var firmware: Format {
        let mode = Key(
            "mode",
            Format<Firmware>.scalar("uefi or bios", schema: ["enum": ["uefi", "bios"]]) { Firmware(rawValue: $0.text) })
        return Format<Firmware?>.object(Shape(name: "the firmware", keys: [mode], isOpen: true)) { .some($0[mode]) }
    }
}

extension Format where Value == PCIAddress {
    static var address: Format {
        .lossless(
            "a PCI address such as “0000:01:00.0”",
            pattern: "^([0-9a-fA-F]{4,8}:)?[0-9a-fA-F]{2}:[01][0-9a-fA-F]\\.[0-7]$")
    }
}

extension Format where Value == PCIID {
    static var id: Format {
        .lossless("a vendor and device id such as “10de:1f02”", pattern: "^[0-9a-fA-F]{4}:[0-9a-fA-F]{4}$")
    }
}

extension Format where Value == ModuleName {
    static var module: Format {
        .lossless(
            "a kernel module's name such as “vfio-pci”", pattern: "^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$",
            orNumber: true)
    }

    /// A driver's name in sysfs, which may have blanks (`budget dvb`): the nearest name of a module stands for it.
    static var driver: Format {
        .scalar("a driver's name such as “vfio-pci”", schema: ["type": ["string", "number"], "pattern": "^.{1,64}$"]) {
            let bytes = $0.text.utf8.map {
                ModuleName(String(decoding: [$0], as: UTF8.self)) == nil ? UInt8(ascii: "_") : $0
            }
            return ModuleName($0.text) ?? ModuleName(String(decoding: bytes, as: UTF8.self))
        }
    }
}

extension Format where Value == MachineDescription.Function {
    static var function: Format {
        let at = Key("at", Format<PCIAddress>.address, isRequired: true)
        let `class` = Key(
            "class",
            Format<PCIClass>.lossless("six hexadecimal digits", pattern: "^(0x)?[0-9a-fA-F]{6}$", orNumber: true),
            isRequired: true)
        let id = Key("id", Format<PCIID>.id, isRequired: true)
        let subsystem = Key("subsystem", Format<PCIID>.id)
        let revision = Key("rev", Format<UInt8>.revision)
        let group = Key("group", .integer(0...65_535, "an IOMMU group"))
        let driver = Key("driver", Format<ModuleName>.driver)
        let modules = Key("modules", Format<ModuleName>.module.list())
        let name = Key("name", .text())
        let shape = Shape(
            name: "a PCI function", keys: [at, `class`, id, subsystem, revision, group, driver, modules, name],
            isOpen: true)
        return .object(shape) { fields in
            // All are read before any is given up, so that all errors are told.
            let required = (fields[at], fields[`class`], fields[id])
            let optional = (fields[subsystem], fields[revision], fields[group], fields[driver], fields[modules])
            guard case (let address?, let code?, let id?) = required else { return nil }
            return .init(
                address: address, class: code, id: id, subsystem: optional.0, revision: optional.1,
                group: optional.2, driver: optional.3, modules: optional.4 ?? [], name: fields[name])
        }
    }
}

extension Format where Value == UInt8 {
    static var revision: Format {
        .scalar(
            "a revision of two hexadecimal digits",
            schema: ["type": ["string", "number"], "pattern": "^[0-9a-fA-F]{1,2}$"],
            parse: { $0.text.utf8.count <= 2 ? UInt8(hex: $0.text) : nil })
    }
}
