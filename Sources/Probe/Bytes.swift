import Fleet

/// A part of a node's answer. Kept as bytes: what a node says need not be UTF-8.
typealias Bytes = ArraySlice<UInt8>

extension Bytes {
    /// As text, with invalid UTF-8 replaced.
    var text: String { String(decoding: self, as: UTF8.self) }

    var trimmed: Bytes {
        var part = self
        while let byte = part.first, Self.isBlank(byte) { part.removeFirst() }
        while let byte = part.last, Self.isBlank(byte) { part.removeLast() }
        return part
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
            || byte == UInt8(ascii: "\r")
    }

    func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && starts(with: text)
    }

    func starts(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { zip(self, $0).allSatisfy { $0 == $1 } }
    }

    func contains(text: StaticString) -> Bool {
        guard text.utf8CodeUnitCount > 0 else { return true }
        let first = text.withUTF8Buffer { $0[0] }
        var rest = self
        while let index = rest.firstIndex(of: first) {
            rest = rest[index...]
            if rest.starts(with: text) { return true }
            rest.removeFirst()
        }
        return false
    }

    /// What follows `prefix`; nil when it is not there.
    func dropping(_ prefix: StaticString) -> Bytes? {
        starts(with: prefix) ? dropFirst(prefix.utf8CodeUnitCount) : nil
    }

    /// The parts before and after the first `byte`; nil when there is none.
    func cut(at byte: UInt8) -> (Bytes, Bytes)? {
        guard let index = firstIndex(of: byte) else { return nil }
        return (self[..<index], self[(index + 1)...])
    }

    /// The first word and what follows it; nil when nothing does.
    func cutAtBlank() -> (Bytes, Bytes)? {
        guard let index = firstIndex(where: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) else { return nil }
        return (self[..<index], self[(index + 1)...])
    }

    /// Takes everything before the next `byte`, and `byte` itself, off the front; all when there is none.
    mutating func take(until byte: UInt8) -> Bytes {
        guard let index = firstIndex(of: byte) else {
            defer { self = self[endIndex...] }
            return self
        }
        defer { self = self[(index + 1)...] }
        return self[..<index]
    }

    /// Lines without their line feeds; a last empty one does not count.
    var lines: Lines { Lines(rest: self, separator: UInt8(ascii: "\n")) }

    /// Parts between blanks, empty ones left out.
    var words: [Bytes] {
        split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") })
    }

    struct Lines: Sequence, IteratorProtocol {
        var rest: Bytes
        let separator: UInt8

        mutating func next() -> Bytes? {
            rest.isEmpty ? nil : rest.take(until: separator)
        }
    }
}

extension FixedWidthInteger {
    /// Reads hexadecimal digits and nothing else; nil when there are none or the number is too large.
    init?(hexDigits bytes: Bytes) {
        guard let number = hexNumber(bytes) else { return nil }
        self.init(exactly: number)
    }

    /// Reads decimal digits and nothing else; nil when there are none or the number is too large.
    init?(decimalDigits bytes: Bytes) {
        guard let number = decimalNumber(bytes) else { return nil }
        self.init(exactly: number)
    }
}
