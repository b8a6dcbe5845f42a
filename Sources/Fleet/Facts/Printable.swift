extension StringProtocol {
    /// The text with every character that could steer a terminal written as an escape (`\e`, `\u{9b}`), so that what a
    /// node said can be shown. Line feeds and tabs stay.
    ///
    /// Control characters (C0, DEL, C1) and the invisible characters that reorder text (U+202A…202E, U+2066…2069, marks)
    /// are escaped.
    public var printable: String {
        if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f || $0 == 0x0a || $0 == 0x09 }) { return String(self) }
        var shown = ""
        for scalar in unicodeScalars {
            if scalar.steersTerminals {
                shown += scalar.escapedForTerminals
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        return shown
    }

    /// `printable` with line feeds and tabs escaped too: safe inside one line or one table cell.
    public var printableLine: String {
        let shown = printable
        guard shown.utf8.contains(where: { $0 == 0x0a || $0 == 0x09 }) else { return shown }
        return shown.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: #"\n"#)
            .split(separator: "\t", omittingEmptySubsequences: false).joined(separator: #"\t"#)
    }
}

extension Unicode.Scalar {
    fileprivate var steersTerminals: Bool {
        switch value {
        case 0x0a, 0x09: false
        case 0..<0x20, 0x7f..<0xa0: true
        case 0x200e, 0x200f, 0x061c, 0x202a...0x202e, 0x2028, 0x2029, 0x2066...0x2069: true
        default: false
        }
    }

    fileprivate var escapedForTerminals: String {
        switch value {
        case 0x0d: #"\r"#
        case 0x1b: #"\e"#
        case 0: #"\0"#
        default: #"\u{"# + hex(value, digits: 1) + "}"
        }
    }
}
