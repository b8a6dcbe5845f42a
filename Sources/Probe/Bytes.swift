import Fleet
import Foundation

/// A part of a node's answer. Kept as bytes: what a node says need not be UTF-8.
typealias Bytes = ArraySlice<UInt8>

extension Bytes {
    /// As text, with invalid UTF-8 replaced.
    var text: String { String(decoding: self, as: UTF8.self) }

    var trimmed: Bytes {
        var (start, end) = (startIndex, endIndex)
        while start < end, Self.isBlank(self[start]) { start += 1 }
        while start < end, Self.isBlank(self[end - 1]) { end -= 1 }
        return self[start..<end]
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
            || byte == UInt8(ascii: "\r")
    }

    func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && starts(with: text)
    }

    func equals(_ other: Bytes) -> Bool {
        guard count == other.count else { return false }
        return withUnsafeBytes { one in
            other.withUnsafeBytes { other in
                guard let a = one.baseAddress, let b = other.baseAddress else { return true }
                return memcmp(a, b, one.count) == 0
            }
        }
    }

    func starts(with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        return withUnsafeBytes { bytes in
            bytes.baseAddress.map { memcmp($0, text.utf8Start, text.utf8CodeUnitCount) == 0 } ?? true
        }
    }

    /// Where `byte` is first, at or after `start`. Answers are searched many times over, so the C library does it.
    func position(of byte: UInt8, from start: Int? = nil) -> Int? {
        let skipped = (start ?? startIndex) - startIndex
        return withUnsafeBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[skipped...])
            guard let base = rest.baseAddress, let found = memchr(base, Int32(byte), rest.count) else { return nil }
            return startIndex + skipped + (UnsafeRawPointer(found) - base)
        }
    }

    func contains(text: StaticString) -> Bool { cut(at: text) != nil }

    /// What follows `prefix`; nil when it is not there.
    func dropping(_ prefix: StaticString) -> Bytes? {
        starts(with: prefix) ? dropFirst(prefix.utf8CodeUnitCount) : nil
    }

    /// The parts before and after the first `byte`; nil when there is none.
    func cut(at byte: UInt8) -> (Bytes, Bytes)? {
        guard let index = position(of: byte) else { return nil }
        return (self[..<index], self[(index + 1)...])
    }

    /// The parts before and after the first `text`, which must not be empty; nil when there is none.
    func cut(at text: StaticString) -> (Bytes, Bytes)? {
        let first = text.utf8Start.pointee
        var next = position(of: first)
        while let index = next {
            if self[index...].starts(with: text) {
                return (self[..<index], self[(index + text.utf8CodeUnitCount)...])
            }
            next = position(of: first, from: index + 1)
        }
        return nil
    }

    /// The first word and what follows it; nil when nothing does.
    func cutAtBlank() -> (Bytes, Bytes)? {
        guard let index = firstIndex(where: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) else { return nil }
        return (self[..<index], self[(index + 1)...])
    }

    /// Takes everything before the next `byte`, and `byte` itself, off the front; all when there is none.
    mutating func take(until byte: UInt8) -> Bytes {
        guard let index = position(of: byte) else {
            defer { self = self[endIndex...] }
            return self
        }
        defer { self = self[(index + 1)...] }
        return self[..<index]
    }

    /// Lines without their line feeds; a last empty one does not count.
    var lines: Lines { Lines(rest: self, separator: UInt8(ascii: "\n")) }

    /// Parts between each `separator`, empty ones too: always one more than there are separators.
    func parts(between separator: UInt8) -> [Bytes] {
        var parts: [Bytes] = []
        appendParts(between: separator, to: &parts)
        return parts
    }

    func appendParts(between separator: UInt8, to parts: inout [Bytes]) {
        var start = startIndex
        while let index = position(of: separator, from: start) {
            parts.append(self[start..<index])
            start = index + 1
        }
        parts.append(self[start...])
    }

    /// Parts between blanks, empty ones left out.
    var words: [Bytes] {
        var words: [Bytes] = []
        var start = startIndex
        for index in indices where self[index] == UInt8(ascii: " ") || self[index] == UInt8(ascii: "\t") {
            if start < index { words.append(self[start..<index]) }
            start = index + 1
        }
        if start < endIndex { words.append(self[start...]) }
        return words
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
