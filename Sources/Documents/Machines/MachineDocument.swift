public import Fleet

/// Machine descriptions as YAML.
///
/// Only `machine` and, for each function, `at`, `class` and `id` must be there. A value that is there must be valid; nothing
/// behind an optional key, or an empty text, is no value.
/// Keys this version does not know are let pass, unless they look like a misspelt one.
public enum MachineDocument {
    /// - Parameter file: the file's name, for errors.
    /// - Throws: everything that is wrong, with codes `machine-…`.
    public static func parse(_ text: String, file: String) throws(InvalidDocument) -> MachineDescription {
        let diagnostics = Diagnostics(file: file, kind: "machine")
        let machine = read(text, diagnostics)
        try diagnostics.throwErrors()
        guard let machine else { throw InvalidDocument([FleetError("machine-empty", "The document is empty.")]) }
        return machine
    }

    private static func read(_ text: String, _ diagnostics: Diagnostics) -> MachineDescription? {
        guard let tree = YAMLTree.read(text, diagnostics) else {
            if diagnostics.errors.isEmpty { diagnostics.report("empty", "The document is empty.", at: nil) }
            return nil
        }
        guard let fields = MachineKeys.shape.open(tree, diagnostics) else { return nil }
        let machine = description(fields)
        check(machine, fields)
        return machine
    }

    private static func description(_ fields: Fields) -> MachineDescription {
        let cpu = fields[MachineKeys.cpu]
        let kernel = fields[MachineKeys.kernel]
        return MachineDescription(
            name: fields[MachineKeys.machine] ?? "", standsFor: fields[MachineKeys.standsFor] ?? [],
            source: fields[MachineKeys.source], isComplete: fields[MachineKeys.complete] ?? false,
            cpuVendor: cpu?.first, cpuModel: cpu?.second, kernelRelease: kernel?.first,
            kernelCommandLine: kernel?.second, firmware: fields[MachineKeys.firmware].flatMap(\.self),
            board: fields[MachineKeys.board], iommu: fields[MachineKeys.iommu] ?? .unknown,
            functions: fields[MachineKeys.pci] ?? [],
            relations: (fields[MachineKeys.relations] ?? []).compactMap(\.self), notes: fields[MachineKeys.notes])
    }

    /// Two functions can't have the same address.
    private static func check(_ machine: MachineDescription, _ fields: Fields) {
        var seen: Set<PCIAddress> = []
        for (function, tree) in zip(machine.functions, fields.tree[MachineKeys.pci.name]?.sequence ?? [])
        where !seen.insert(function.address).inserted {
            fields.diagnostics.report(
                "duplicate-function", "\(function.address) is listed twice.", at: tree.location,
                advice: "Keep one of the two entries.")
        }
    }
}
