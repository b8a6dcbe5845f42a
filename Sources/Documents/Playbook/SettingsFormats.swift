import Fleet

/// Kernel arguments as far as they are given.
struct KernelChanges: Sendable {
    var intel: [KernelArgument]?
    var amd: [KernelArgument]?
    var all: [KernelArgument]?
}

/// Settings of vfio-pci as far as they are given.
struct VFIOChanges: Sendable {
    var disableVGA: Bool?
    var softdep: VFIOSettings.Softdep?
}

extension Format where Value == KernelArgument {
    static var kernelArgument: Format {
        .lossless(
            "a kernel argument such as “iommu=pt” (without blanks, quotes and shell characters)",
            pattern: "^[!%*+,./0-9:=?@A-Z\\[\\]^_a-z{}~-]{1,512}$", orNumber: true)
    }
}

extension Format where Value == KernelChanges {
    static var kernel: Format {
        let list = Format<KernelArgument>.kernelArgument.list()
        let intel = Key("intel", list, "On nodes with an Intel CPU.")
        let amd = Key("amd", list, "On nodes with an AMD CPU.")
        let all = Key("all", list, "On every node.")
        return .object(Shape(name: "the kernel settings", keys: [intel, amd, all])) {
            KernelChanges(intel: $0[intel], amd: $0[amd], all: $0[all])
        }
    }
}

extension Format where Value == VFIOChanges {
    static var vfio: Format {
        let disableVGA = Key("disable-vga", .bool, "disable_vga=1 on the options line of vfio-pci.")
        let softdep = Key(
            "softdep", Format<VFIOSettings.Softdep>.word("a rule for softdep lines"),
            "auto: softdep lines where another driver would bind first.")
        return .object(Shape(name: "the vfio settings", keys: [disableVGA, softdep])) {
            VFIOChanges(disableVGA: $0[disableVGA], softdep: $0[softdep])
        }
    }
}

extension Format where Value == BindChoice {
    static var binding: Format { word("a way of binding") }
}

extension Format where Value == String {
    /// A node selector, checked for its grammar.
    static var selector: Format {
        let expected = "a node selector such as all, pve[01-08] or label:site=fra"
        return Format(expected, schema: ["type": ["string", "number"], "minLength": 1]) { tree, diagnostics in
            guard let scalar = tree.scalar, !scalar.isNull else {
                diagnostics.report(
                    "wrong-type", "\(expected.sentenceStart) is wanted here, found \(tree.inWords).",
                    at: tree.location, advice: "Put a selector that begins with “!”, “&” or “*” in quotes.")
                return nil
            }
            do throws(FleetError) {
                return try Selector(parsing: scalar.text).description
            } catch {
                let column = (tree.location.column ?? 1) + (scalar.isPlain ? 0 : 1) + (error.location?.column ?? 1) - 1
                let place = SourceLocation(file: diagnostics.file, line: tree.location.line, column: column)
                diagnostics.report("selector", error.message, at: place, advice: error.advice)
                return nil
            }
        }
    }
}
