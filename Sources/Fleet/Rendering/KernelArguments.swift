/// Compares the tokens of a kernel command line with the arguments that are wanted on it.
struct KernelArgumentComparison: Hashable, Sendable {
    /// A token that contradicts a wanted argument.
    struct Conflict: Hashable, Sendable {
        /// Its place among the tokens.
        var index: Int
        var token: String
        var wanted: KernelArgument
        /// A later token undoes it, as the kernel reads them.
        var isUndone: Bool
    }

    var present: [KernelArgument] = []
    var missing: [KernelArgument] = []
    var conflicts: [Conflict] = []

    /// Every argument is there, and what contradicts one is undone.
    var isSatisfied: Bool { missing.isEmpty && conflicts.allSatisfy(\.isUndone) }

    init(tokens: [String], wanted: [KernelArgument]) {
        for argument in wanted {
            let found = tokens.contains { KernelTokens.fulfils($0, argument) }
            if found { present.append(argument) } else { missing.append(argument) }
            for (index, token) in tokens.enumerated() where KernelTokens.contradicts(token, argument, wanted: wanted) {
                guard !conflicts.contains(where: { $0.index == index }) else { continue }
                let isUndone =
                    KernelTokens.lastOneCounts(token)
                    && tokens[(index + 1)...].contains { KernelTokens.fulfils($0, argument) }
                conflicts.append(Conflict(index: index, token: token, wanted: argument, isUndone: isUndone))
            }
        }
    }
}

/// What single tokens of a kernel command line mean to each other.
enum KernelTokens {
    static func key(_ token: String) -> String { String(Substring(token.utf8.prefix { $0 != Byte.equals })) }

    /// What follows the first `=`; empty without one.
    static func value(_ token: String) -> String {
        String(Substring(token.utf8.drop { $0 != Byte.equals }.dropFirst()))
    }

    /// Keys that may stand several times, each adding to the others (kernel-parameters.txt).
    private static let accumulating: Set<String> = [
        "console", "earlycon", "video", "hugepages", "hugepagesz", "initcall_blacklist", "module_blacklist",
        "modprobe.blacklist", "rd.driver.pre", "rd.driver.blacklist", "rd.luks.uuid", "rd.lvm.lv", "memmap",
        "systemd.mask", "systemd.wants", "systemd.setenv",
    ]

    /// Keys whose value is a list of options, of which others may stay: `intel_iommu=on,sm_on`.
    static let iommuKeys: Set<String> = ["intel_iommu", "amd_iommu", "iommu"]

    /// Options that switch off what the others ask for.
    private static let disabling: Set<String> = ["off", "soft", "nopt"]

    /// The kernel lets a later occurrence undo this one (`intel_iommu=off … intel_iommu=on`, drivers/iommu/intel).
    static func lastOneCounts(_ token: String) -> Bool { key(token) == "intel_iommu" }

    static func fulfils(_ token: String, _ wanted: KernelArgument) -> Bool {
        if token == wanted.description { return true }
        guard token.utf8.first == wanted.description.utf8.first, iommuKeys.contains(String(wanted.key)),
            key(token) == wanted.key
        else { return false }
        let options = Set(self.options(token))
        return options.isSuperset(of: self.options(wanted.description)) && options.isDisjoint(with: disabling)
    }

    static func contradicts(_ token: String, _ argument: KernelArgument, wanted: [KernelArgument]) -> Bool {
        guard token.utf8.first == argument.description.utf8.first, key(token) == argument.key,
            !accumulating.contains(String(argument.key))
        else { return false }
        return !wanted.contains { fulfils(token, $0) }
    }

    /// `["on", "sm_on"]` of `intel_iommu=on,sm_on`.
    static func options(_ token: String) -> [String] {
        value(token).utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
    }
}

extension String {
    /// With `_` for each `-`: the kernel takes either in a parameter's name.
    var withUnderscores: String {
        guard utf8.contains(Byte.hyphen) else { return self }
        return String(decoding: utf8.map { $0 == Byte.hyphen ? Byte.underscore : $0 }, as: UTF8.self)
    }

    /// The tokens of a kernel command line.
    var kernelTokens: [String] {
        utf8.split { Byte.isBlank($0) || $0 == Byte.newline }.map { String(Substring($0)) }
    }
}
