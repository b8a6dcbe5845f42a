/// `value` in lower-case hexadecimal, padded with zeros to at least `digits`.
package func hex(_ value: some BinaryInteger, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
}

/// Text of hexadecimal numbers and marks between them, on its way to a string: addresses and ids are put into words by the
/// thousand.
struct HexText {
    fileprivate let buffer: UnsafeMutableBufferPointer<UInt8>
    fileprivate var count = 0

    /// In lower case, padded with zeros to at least `digits`.
    mutating func append(_ number: some FixedWidthInteger & UnsignedInteger, digits: Int) {
        let used = (number.bitWidth - number.leadingZeroBitCount + 3) / 4
        for place in (0..<max(digits, used)).reversed() {
            let digit = UInt8(truncatingIfNeeded: number >> (4 * place)) & 0xf
            append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }

    mutating func append(_ mark: Unicode.Scalar) { append(UInt8(ascii: mark)) }

    private mutating func append(_ byte: UInt8) {
        guard count < buffer.count else { return }
        buffer[count] = byte
        count += 1
    }
}

/// What `write` appends, at most 16 characters.
func hexText(_ write: (inout HexText) -> Void) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 16) { buffer in
        var text = HexText(buffer: buffer)
        write(&text)
        return String(decoding: buffer[..<text.count], as: UTF8.self)
    }
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
