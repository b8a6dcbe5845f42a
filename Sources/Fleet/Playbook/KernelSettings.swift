public struct KernelSettings: Hashable, Sendable, Codable {
    /// Arguments for Intel CPUs; nil = `iommu=pt`, and `intel_iommu=on` where the kernel does not do that by itself.
    public var intel: [KernelArgument]?
    /// Arguments for AMD CPUs; nil = `iommu=pt`, and `amd_iommu=on` where the IOMMU is off.
    public var amd: [KernelArgument]?
    /// Arguments for every CPU.
    public var all: [KernelArgument]

    public init(intel: [KernelArgument]? = nil, amd: [KernelArgument]? = nil, all: [KernelArgument] = []) {
        self.intel = intel
        self.amd = amd
        self.all = all
    }

    /// What the usual guide writes, needed or not.
    public static let guide = KernelSettings(
        intel: ["intel_iommu=on", "iommu=pt"], amd: ["amd_iommu=on", "iommu=pt"])
}

/// One token of the kernel command line: printable ASCII without blanks, quotes, `$`, `` ` `` and `\`.
///
/// GRUB's and the shell's special characters are kept out, so that a token means the same wherever it is written.
public struct KernelArgument: Hashable, Sendable, LosslessStringConvertible, Codable, ExpressibleByStringLiteral {
    public let description: String

    public init?(_ text: some StringProtocol) {
        let forbidden: Set<UInt8> = [
            UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "$"), UInt8(ascii: "`"), UInt8(ascii: "\\"),
            UInt8(ascii: "#"), UInt8(ascii: ";"), UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "("), UInt8(ascii: ")"),
        ]
        guard (1...512).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7e).contains($0) && !forbidden.contains($0) })
        else { return nil }
        description = String(text)
    }

    /// For arguments written in this code; a wrong one is a programmer's error.
    public init(stringLiteral value: String) {
        precondition(Self(value as String) != nil, "not a kernel argument: \(value)")
        description = value
    }

    /// The part before `=`: `iommu` of `iommu=pt`.
    public var key: Substring { Substring(description.utf8.prefix { $0 != UInt8(ascii: "=") }) }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}
