/// One word of a configuration file and where its bytes are.
struct PlacedWord: Hashable, Sendable {
    var text: String
    var range: Range<Int>
}

/// One change to the bytes of a file: `range` is replaced by `bytes`.
struct ByteEdit: Hashable, Sendable {
    var range: Range<Int>
    var bytes: [UInt8]

    init(replacing range: Range<Int>, with text: String) {
        self.range = range
        bytes = Array(text.utf8)
    }

    init(insertingAt offset: Int, _ text: String) {
        self.init(replacing: offset..<offset, with: text)
    }
}

extension [UInt8] {
    /// Applies edits that do not overlap; several at one place go in in their order.
    func applying(_ edits: [ByteEdit]) -> [UInt8] {
        var result: [UInt8] = []
        var position = startIndex
        let ordered = edits.enumerated().sorted {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }
        for (_, edit) in ordered {
            result += self[position..<Swift.max(position, edit.range.lowerBound)]
            result += edit.bytes
            position = Swift.max(position, edit.range.upperBound)
        }
        return result + self[position...]
    }

    /// With `line` as a line of its own at the end; a last line that has no newline gets one first.
    func appendingLine(_ line: String) -> [UInt8] {
        let separator: [UInt8] = isEmpty || last == Byte.newline ? [] : [Byte.newline]
        return self + separator + Array(line.utf8) + [Byte.newline]
    }

    /// The lines with their newlines, which the last one may lack.
    var wholeLines: [ArraySlice<UInt8>] { lineRanges.map { self[$0.lowerBound..<Swift.min($0.upperBound + 1, count)] } }

    /// The ranges of the lines without their newlines.
    var lineRanges: [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        for index in indices where self[index] == Byte.newline {
            ranges.append(start..<index)
            start = index + 1
        }
        if start < count { ranges.append(start..<count) }
        return ranges
    }
}

enum Byte {
    static let tab = UInt8(ascii: "\t")
    static let newline = UInt8(ascii: "\n")
    static let space = UInt8(ascii: " ")
    static let hyphen = UInt8(ascii: "-")
    static let hash = UInt8(ascii: "#")
    static let backslash = UInt8(ascii: "\\")
    static let doubleQuote = UInt8(ascii: "\"")
    static let singleQuote = UInt8(ascii: "'")
    static let dollar = UInt8(ascii: "$")
    static let backtick = UInt8(ascii: "`")
    static let semicolon = UInt8(ascii: ";")
    static let equals = UInt8(ascii: "=")
    static let underscore = UInt8(ascii: "_")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let openParenthesis = UInt8(ascii: "(")
    static let closeParenthesis = UInt8(ascii: ")")

    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isNameStart(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) || byte == underscore
    }

    static func isName(_ byte: UInt8) -> Bool { isNameStart(byte) || isDigit(byte) }
}

/// Splits at blanks; what is between keeps its place.
func placedWords(
    of bytes: [UInt8], in range: Range<Int>, blank: (UInt8) -> Bool = Byte.isBlank
) -> [PlacedWord] {
    var words: [PlacedWord] = []
    var index = range.lowerBound
    while index < range.upperBound {
        guard !blank(bytes[index]) else {
            index += 1
            continue
        }
        let start = index
        while index < range.upperBound, !blank(bytes[index]) { index += 1 }
        words.append(PlacedWord(text: String(decoding: bytes[start..<index], as: UTF8.self), range: start..<index))
    }
    return words
}
