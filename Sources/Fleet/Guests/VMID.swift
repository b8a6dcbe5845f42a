/// The number of a guest: 100…999999999 (Proxmox `PVE::JSONSchema`, `^[1-9][0-9]{2,8}$`).
public struct VMID: Hashable, Sendable, Comparable, LosslessStringConvertible, Codable {
    public let number: UInt32

    public init?(number: UInt32) {
        guard (100...999_999_999).contains(number) else { return nil }
        self.number = number
    }

    public init?(_ text: some StringProtocol) {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            text.first != "0", let number = UInt32(text)
        else { return nil }
        self.init(number: number)
    }

    public var description: String { String(number) }
    public static func < (a: Self, b: Self) -> Bool { a.number < b.number }

    public init(from decoder: any Decoder) throws { self = try .init(lossless: decoder) }
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}
