/// A `vendor:device` pair, as `lspci -n` and `vfio-pci.ids` write it: `10de:1f02`.
public struct PCIID: Hashable, Sendable, Comparable, LosslessStringConvertible, Codable {
    public let vendor: UInt16
    public let device: UInt16

    public init(vendor: UInt16, device: UInt16) {
        self.vendor = vendor
        self.device = device
    }

    public init?(_ text: some StringProtocol) {
        let digits = ArraySlice(text.utf8)
        guard digits.count == 9, digits[4] == UInt8(ascii: ":"), let vendor = hexNumber(digits[..<4]),
            let device = hexNumber(digits[5...])
        else { return nil }
        self.init(vendor: UInt16(vendor), device: UInt16(device))
    }

    public var description: String {
        hexText { text in
            text.append(vendor, digits: 4)
            text.append(":")
            text.append(device, digits: 4)
        }
    }

    public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
    public static func == (a: Self, b: Self) -> Bool { a.number == b.number }
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }

    private var number: UInt32 { UInt32(vendor) << 16 | UInt32(device) }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

/// A 24-bit PCI class code: base class, sub-class, programming interface (PCI Code and ID Assignment).
public struct PCIClass: Hashable, Sendable, LosslessStringConvertible, Codable {
    public let code: UInt32

    /// Nil when the code has more than 24 bits.
    public init?(code: UInt32) {
        guard code <= 0xff_ffff else { return nil }
        self.code = code
    }

    /// Reads six hexadecimal digits, with or without `0x`.
    public init?(_ text: some StringProtocol) {
        let digits = text.hasPrefix("0x") ? text.dropFirst(2) : text[...]
        guard digits.utf8.count == 6, let code = UInt32(hex: digits) else { return nil }
        self.init(code: code)
    }

    public var base: UInt8 { UInt8(code >> 16) }
    public var sub: UInt8 { UInt8(code >> 8 & 0xff) }
    public var description: String { hex(code, digits: 6) }

    /// VGA, XGA, 3D and other display controllers.
    public var isDisplay: Bool { base == 0x03 }
    public var isVGA: Bool { base == 0x03 && sub == 0x00 }
    public var isStorage: Bool { base == 0x01 }
    public var isNetwork: Bool { base == 0x02 }
    public var isAudio: Bool { base == 0x04 }
    public var isBridge: Bool { base == 0x06 }
    /// A bridge with a secondary bus: PCI-to-PCI (0604) or CardBus (0607). Host and ISA bridges have none.
    public var isPCIBridge: Bool { base == 0x06 && (sub == 0x04 || sub == 0x07 || sub == 0x09) }
    public var isUSB: Bool { base == 0x0c && sub == 0x03 }
    /// Processing accelerators.
    public var isAccelerator: Bool { base == 0x12 }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}
