/// `value` in lower-case hexadecimal, padded with zeros to at least `digits`.
package func hex(_ value: some BinaryInteger, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}

extension FixedWidthInteger {
    /// Reads hexadecimal digits and nothing else: no sign, no prefix, not empty.
    package init?(hex text: some StringProtocol) {
        guard let first = text.utf8.first, first != UInt8(ascii: "+"), first != UInt8(ascii: "-")
        else { return nil }
        self.init(text, radix: 16)
    }
}

extension LosslessStringConvertible {
    /// Decodes from a single string, as every such type of this module is stored.
    init(lossless decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "“\(text)” is not a valid \(Self.self).")
        }
        self = value
    }
}
