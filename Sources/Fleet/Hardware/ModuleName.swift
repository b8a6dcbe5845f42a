/// The name of a kernel module or driver: letters, digits, `_` and `-`.
///
/// The kernel treats `-` and `_` in module names as the same (kmod), so names compare that way;
/// the spelling is kept for reading, because `vfio-pci` is how options lines are written.
public struct ModuleName: Sendable, LosslessStringConvertible, Codable, ExpressibleByStringLiteral {
    public let description: String

    /// Nil when empty, longer than 64 bytes, or with any other character.
    public init?(_ text: some StringProtocol) {
        guard (1...64).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed),
            text.utf8.first != UInt8(ascii: "-")
        else { return nil }
        description = String(text)
    }

    /// For callers that have checked the bytes already.
    init(validated text: String) { description = text }

    /// For names written in this code; a wrong one is a programmer's error.
    public init(stringLiteral value: String) {
        precondition(Self(value as String) != nil, "not a module name: \(value)")
        description = value
    }

    /// The form with `_`, as `/sys/module` names it.
    public var normalized: String {
        String(decoding: description.utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

extension ModuleName: Hashable, Comparable {
    public static func == (a: Self, b: Self) -> Bool {
        let (one, other) = (a.description.utf8, b.description.utf8)
        return one.count == other.count && one.elementsEqual(other) { Self.folded($0) == Self.folded($1) }
    }
    public static func < (a: Self, b: Self) -> Bool { a.normalized < b.normalized }
    /// Eight bytes at a time: facts hold thousands of names.
    public func hash(into hasher: inout Hasher) {
        var word: UInt64 = 0
        var count = 0
        for byte in description.utf8 {
            word = word << 8 | UInt64(Self.folded(byte))
            count += 1
            if count % 8 == 0 { hasher.combine(word) }
        }
        hasher.combine(word)
        hasher.combine(count)
    }

    /// Whether it ends, or begins, with this text, which is written with `_`.
    func hasSuffix(_ text: StaticString) -> Bool { isAt(text, description.utf8.count - text.utf8CodeUnitCount) }
    func hasPrefix(_ text: StaticString) -> Bool { isAt(text, 0) }

    private func isAt(_ text: StaticString, _ offset: Int) -> Bool {
        guard offset >= 0, description.utf8.count >= offset + text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { text in
            zip(text, description.utf8.dropFirst(offset)).allSatisfy { $0 == Self.folded($1) }
        }
    }

    private static func folded(_ byte: UInt8) -> UInt8 { byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : byte }
}
