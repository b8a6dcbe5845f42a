/// The address of one PCI function: `domain:bus:device.function`, as sysfs names it.
///
/// The domain may need more than 16 bits: functions behind Intel VMD live in domains from `10000` on
/// (kernel `drivers/pci/controller/vmd.c`).
public struct PCIAddress: Hashable, Sendable, Comparable {
    public let slot: PCISlot
    /// 0…7
    public let function: UInt8

    public var domain: UInt32 { slot.domain }
    public var bus: UInt8 { slot.bus }
    public var device: UInt8 { slot.device }

    /// Nil when the function is above 7.
    public init?(slot: PCISlot, function: UInt8) {
        guard function < 8 else { return nil }
        self.slot = slot
        self.function = function
    }

    public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
    public static func == (a: Self, b: Self) -> Bool { a.number == b.number }
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }

    private var number: UInt64 { slot.number << 8 | UInt64(function) }
}

/// A PCI device: all functions that share `domain:bus:device`.
public struct PCISlot: Hashable, Sendable, Comparable {
    public let domain: UInt32
    public let bus: UInt8
    /// 0…31
    public let device: UInt8

    /// Nil when the device is above 31.
    public init?(domain: UInt32, bus: UInt8, device: UInt8) {
        guard device < 32 else { return nil }
        self.domain = domain
        self.bus = bus
        self.device = device
    }

    public static func < (a: Self, b: Self) -> Bool { a.number < b.number }
    public static func == (a: Self, b: Self) -> Bool { a.number == b.number }
    public func hash(into hasher: inout Hasher) { hasher.combine(number) }

    /// In one number, since every decision compares addresses many times.
    fileprivate var number: UInt64 { UInt64(domain) << 16 | UInt64(bus) << 8 | UInt64(device) }
}

extension PCIAddress: LosslessStringConvertible, Codable {
    /// Reads `0000:01:00.0` and the short form `01:00.0` of domain 0; hexadecimal digits in either case.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let slot = PCISlot(parts[0]), parts[1].utf8.count == 1,
            let function = UInt8(hex: parts[1])
        else { return nil }
        self.init(slot: slot, function: function)
    }

    /// The full form with the domain: `0000:01:00.0`.
    public var description: String { text(withDomain: true) }

    /// The form guides and `qm` use: without the domain where that is 0.
    public var short: String { text(withDomain: domain != 0) }

    private func text(withDomain: Bool) -> String {
        hexText { text in
            text.append(slot, withDomain: withDomain)
            text.append(".")
            text.append(function, digits: 1)
        }
    }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

extension PCISlot: LosslessStringConvertible, Codable {
    /// Reads `0000:01:00` and the short form `01:00` of domain 0.
    public init?(_ text: some StringProtocol) {
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2 { parts.insert("0000", at: 0) }
        guard parts.count == 3, (4...8).contains(parts[0].utf8.count),
            parts[1].utf8.count == 2, parts[2].utf8.count == 2,
            let domain = UInt32(hex: parts[0]), let bus = UInt8(hex: parts[1]),
            let device = UInt8(hex: parts[2])
        else { return nil }
        self.init(domain: domain, bus: bus, device: device)
    }

    public var description: String { hexText { $0.append(self, withDomain: true) } }

    /// `01:00` in domain 0, the full form elsewhere.
    public var short: String { hexText { $0.append(self, withDomain: domain != 0) } }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

extension HexText {
    fileprivate mutating func append(_ slot: PCISlot, withDomain: Bool) {
        if withDomain {
            append(slot.domain, digits: 4)
            append(":")
        }
        append(slot.bus, digits: 2)
        append(":")
        append(slot.device, digits: 2)
    }
}
