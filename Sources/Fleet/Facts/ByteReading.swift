// Reading the domain's types straight from a node's bytes: the parser meets thousands of them on every sweep.

extension ModuleName {
    /// As `init?(_:)`, from ASCII bytes.
    package init?(ascii bytes: ArraySlice<UInt8>) {
        guard (1...64).contains(bytes.count), bytes.first != UInt8(ascii: "-"), bytes.allSatisfy(Self.isNameByte)
        else { return nil }
        self.init(validated: String(decoding: bytes, as: UTF8.self))
    }

    /// A name made from what is not quite one: every other byte becomes `_`. Nil when empty.
    package init?(closestTo bytes: ArraySlice<UInt8>) {
        if let name = Self(ascii: bytes) {
            self = name
            return
        }
        var name = bytes.prefix(64).map { Self.isNameByte($0) ? $0 : UInt8(ascii: "_") }
        guard let first = name.first else { return nil }
        if first == UInt8(ascii: "-") { name[0] = UInt8(ascii: "_") }
        self.init(validated: String(decoding: name, as: UTF8.self))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension PCIAddress {
    /// Reads the full form `0000:01:00.0` from ASCII bytes.
    package init?(ascii bytes: ArraySlice<UInt8>) {
        let domainDigits = bytes.count - 8
        guard (4...8).contains(domainDigits) else { return nil }
        let start = bytes.startIndex + domainDigits
        guard bytes[start] == UInt8(ascii: ":"), bytes[start + 3] == UInt8(ascii: ":"),
            bytes[start + 6] == UInt8(ascii: "."),
            let domain = hexNumber(bytes[..<start]),
            let bus = hexNumber(bytes[(start + 1)..<(start + 3)]),
            let device = hexNumber(bytes[(start + 4)..<(start + 6)]),
            let function = hexNumber(bytes[(start + 7)...]),
            let slot = PCISlot(domain: UInt32(domain), bus: UInt8(bus), device: UInt8(device))
        else { return nil }
        self.init(slot: slot, function: UInt8(function))
    }
}

/// The number that hexadecimal digits and nothing else make; nil when there are none, or more than 16.
package func hexNumber(_ bytes: ArraySlice<UInt8>) -> UInt64? {
    guard (1...16).contains(bytes.count) else { return nil }
    var value: UInt64 = 0
    for byte in bytes {
        let digit: UInt8
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
        default: return nil
        }
        value = value << 4 | UInt64(digit)
    }
    return value
}

/// The number that decimal digits and nothing else make; nil when there are none, or more than 18.
package func decimalNumber(_ bytes: ArraySlice<UInt8>) -> UInt64? {
    guard (1...18).contains(bytes.count) else { return nil }
    var value: UInt64 = 0
    for byte in bytes {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
    }
    return value
}
