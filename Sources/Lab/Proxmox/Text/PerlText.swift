/// One byte for each character where all fit in one, UTF-8 otherwise: how Perl prints a string.
func perlBytes(_ text: String) -> [UInt8] {
    let scalars = text.unicodeScalars
    return scalars.allSatisfy { $0.value < 0x100 } ? scalars.map { UInt8($0.value) } : Array(text.utf8)
}

/// Each byte as the character of that number, which loses nothing.
func latin1(_ bytes: some Sequence<UInt8>) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(Unicode.Scalar(byte)) }
    return String(text)
}

/// Perl's `\s` for one byte.
func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }

func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x80 && isSpace(UInt8(scalar.value)) }

func trimmedEnd(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    bytes[..<(bytes.lastIndex { !isSpace($0) }.map { $0 + 1 } ?? bytes.startIndex)]
}

/// `%XX` for control characters, `%`, `:` and every byte of a character that is not ASCII.
func percentEncoded(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
        if (0x20...0x7e).contains(byte) && byte != UInt8(ascii: "%") && byte != UInt8(ascii: ":") {
            result.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            result += "%" + hexByte(byte).uppercased()
        }
    }
    return result
}

/// Undoes `percentEncoded`; a `%` without two digits stays.
func percentDecoded(_ bytes: ArraySlice<UInt8>) -> String {
    var result: [UInt8] = []
    var rest = bytes
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2,
            let value = UInt8(latin1(rest.prefix(2)), radix: 16), rest.first != UInt8(ascii: "+"),
            rest.first != UInt8(ascii: "-")
        {
            result.append(value)
            rest = rest.dropFirst(2)
        } else {
            result.append(byte)
        }
    }
    return String(decoding: result, as: UTF8.self)
}

/// The words between commas, semicolons and white space.
func splitList(_ text: String) -> [String] {
    text.unicodeScalars
        .split { $0 == "," || $0 == ";" || $0 == "\0" || isSpace($0) }
        .map { String(String.UnicodeScalarView($0)) }
}

/// The word as a shell would need it, quoted only where it must be.
func shellQuoted(_ word: String) -> String {
    if word.isEmpty { return "''" }
    let plain = word.unicodeScalars.allSatisfy { scalar in
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_!%+,-./:@^".unicodeScalars.contains(scalar)
    }
    if plain { return word }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

/// Splits a line into words as a shell does, for the `args` of a guest: quotes and backslashes, nothing else.
func shellWords(_ text: String) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Unicode.Scalar?
    var scalars = text.unicodeScalars.makeIterator()
    while let scalar = scalars.next() {
        if scalar == quote {
            quote = nil
        } else if scalar == "\\", quote != "'", let next = scalars.next() {
            word = (word ?? "") + String(next)
        } else if quote == nil, scalar == "'" || scalar == "\"" {
            quote = scalar
            word = word ?? ""
        } else if quote == nil, isSpace(scalar) {
            if let word { words.append(word) }
            word = nil
        } else {
            word = (word ?? "") + String(scalar)
        }
    }
    return word.map { words + [$0] } ?? words
}

/// Right-aligned in that width, as `%10s`.
func padded(left text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.unicodeScalars.count)) + text
}

/// Left-aligned in that width, as `%-10s`.
func padded(right text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.unicodeScalars.count))
}
