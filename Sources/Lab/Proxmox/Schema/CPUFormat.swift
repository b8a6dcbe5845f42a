/// The `cpu` option (`qemu-server` 8.4, `CPUConfig.pm`).
extension PropertyStringFormat {
    static let cpu = PropertyStringFormat(
        keys: [
            "cputype": .text().byDefault,
            "hidden": .boolean,
            "hv-vendor-id": .matching { $0.wholeMatch(of: /[a-zA-Z0-9]{1,12}/) != nil },
            "flags": .matching {
                $0.split(separator: ";", omittingEmptySubsequences: false).allSatisfy {
                    $0.wholeMatch(of: /[+\-][a-zA-Z0-9\-_.]+/) != nil
                }
            },
            "phys-bits": .text(.physicalBits),
            "reported-model": .text(),
        ], validate: cpuProblem)

    private static func cpuProblem(_ cpu: PropertyString) -> String? {
        guard let type = cpu["cputype"] else { return "CPU is missing cputype" }
        if type.hasPrefix("custom-") { return "Custom cputype '\(type.dropFirst(7))' not found" }
        guard CPUModel.vendors[type] != nil else {
            return "Built-in cputype '\(type)' is not defined (missing 'custom-' prefix?)"
        }
        let flags = (cpu["flags"] ?? "").split(separator: ";").map { String($0.dropFirst()) }
        guard flags.allSatisfy(CPUModel.settableFlags.contains) else {
            return "VM-specific CPU flags must be a subset of: \(CPUModel.settableFlags.joined(separator: ", "))"
        }
        return cpu["reported-model"].map { _ in "Property 'reported-model' not allowed in VM-specific CPU config." }
    }
}

/// QEMU's processor models.
enum CPUModel {
    static let settableFlags = [
        "pcid", "spec-ctrl", "ibpb", "ssbd", "virt-ssbd", "amd-ssbd", "amd-no-ssb", "pdpe1gb", "md-clear",
        "hv-tlbflush", "hv-evmcs", "aes",
    ]

    /// The vendor that a model reports; an empty one where it is the host's.
    static let vendors: [String: String] = {
        let intel = [
            "486", "pentium", "pentium2", "pentium3", "coreduo", "core2duo", "Conroe", "Penryn", "Nehalem",
            "Nehalem-IBRS", "Westmere", "Westmere-IBRS", "SandyBridge", "SandyBridge-IBRS", "IvyBridge",
            "IvyBridge-IBRS", "Haswell", "Haswell-IBRS", "Haswell-noTSX", "Haswell-noTSX-IBRS", "Broadwell",
            "Broadwell-IBRS", "Broadwell-noTSX", "Broadwell-noTSX-IBRS", "Skylake-Client", "Skylake-Client-IBRS",
            "Skylake-Client-noTSX-IBRS", "Skylake-Client-v4", "Skylake-Server", "Skylake-Server-IBRS",
            "Skylake-Server-noTSX-IBRS", "Skylake-Server-v4", "Skylake-Server-v5", "Cascadelake-Server",
            "Cascadelake-Server-v2", "Cascadelake-Server-noTSX", "Cascadelake-Server-v4", "Cascadelake-Server-v5",
            "Cooperlake", "Cooperlake-v2", "KnightsMill", "Icelake-Client", "Icelake-Client-noTSX", "Icelake-Server",
            "Icelake-Server-noTSX", "Icelake-Server-v3", "Icelake-Server-v4", "Icelake-Server-v5",
            "Icelake-Server-v6", "SapphireRapids", "SapphireRapids-v2", "GraniteRapids",
        ]
        let amd = [
            "athlon", "phenom", "Opteron_G1", "Opteron_G2", "Opteron_G3", "Opteron_G4", "Opteron_G5", "EPYC",
            "EPYC-IBPB", "EPYC-v3", "EPYC-v4", "EPYC-Rome", "EPYC-Rome-v2", "EPYC-Rome-v3", "EPYC-Rome-v4",
            "EPYC-Milan",
            "EPYC-Milan-v2", "EPYC-Genoa",
        ]
        let host = [
            "host", "kvm32", "kvm64", "qemu32", "qemu64", "max", "x86-64-v2", "x86-64-v2-AES", "x86-64-v3", "x86-64-v4",
        ]
        var vendors = Dictionary(uniqueKeysWithValues: intel.map { ($0, "GenuineIntel") })
        for name in amd { vendors[name] = "AuthenticAMD" }
        for name in host { vendors[name] = "" }
        return vendors
    }()
}
