/// The name of a node in the inventory: letters, digits, `.`, `-` and `_`, beginning with a letter or digit.
public struct NodeName: Hashable, Sendable, LosslessStringConvertible, Codable {
    public let description: String

    /// Nil when empty, longer than 253 bytes, or with any other character.
    public init?(_ text: some StringProtocol) {
        guard (1...253).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed),
            let first = text.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-"),
            first != UInt8(ascii: "_")
        else { return nil }
        description = String(text)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

extension NodeName: Comparable {
    /// Natural order: runs of digits compare as numbers, so `pve2` stands before `pve10`.
    public static func < (a: Self, b: Self) -> Bool { naturallyPrecedes(a.description, b.description) }
}

/// Whether `a` stands before `b` when runs of digits count as numbers.
func naturallyPrecedes(_ a: String, _ b: String) -> Bool {
    var x = Array(a.utf8)[...]
    var y = Array(b.utf8)[...]
    while let p = x.first, let q = y.first {
        if isDigit(p), isDigit(q) {
            let m = x.prefix(while: isDigit).drop { $0 == UInt8(ascii: "0") }
            let n = y.prefix(while: isDigit).drop { $0 == UInt8(ascii: "0") }
            if m.count != n.count { return m.count < n.count }
            if !m.elementsEqual(n) { return m.lexicographicallyPrecedes(n) }
            x = x.drop(while: isDigit)
            y = y.drop(while: isDigit)
        } else {
            if p != q { return p < q }
            x = x.dropFirst()
            y = y.dropFirst()
        }
    }
    if x.isEmpty != y.isEmpty { return x.isEmpty }
    return a < b  // equal but for leading zeros: any fixed order will do
}

private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
