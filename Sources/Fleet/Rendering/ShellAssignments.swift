/// The assignments of a shell file, as far as they can be read without running it.
///
/// `/etc/default/grub` is a shell script that `grub-mkconfig` sources. This reads plain assignments with all quoting,
/// continuation lines and references to variables; what would have to be run (`$(…)`, `if`, other commands) is kept as
/// such, so that nobody takes it for understood.
struct ShellAssignments: Hashable, Sendable {
    enum Piece: Hashable, Sendable {
        /// A byte of the value and where it is written.
        case literal(UInt8, at: Int)
        case variable(String)
        /// Its value can't be told without running it.
        case opaque
    }

    struct Assignment: Hashable, Sendable {
        var name: String
        var pieces: [Piece]
        /// The word after `=`.
        var word: Range<Int>
        /// The quote that ends the word, when a quoted part does.
        var closingQuote: Int?
    }

    enum Statement: Hashable, Sendable {
        case assignment(Assignment)
        /// Something that would have to be run.
        case command(Range<Int>)
    }

    let bytes: [UInt8]
    /// Nil when the quoting does not close, so that a shell would refuse the file, or goes deeper than anyone writes.
    let statements: [Statement]?

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var reader = ShellReader(bytes)
        statements = reader.readStatements()
    }

    var assignments: [Assignment] {
        (statements ?? []).compactMap { if case .assignment(let assignment) = $0 { assignment } else { nil } }
    }
}

/// Reads a shell file once from front to back.
private struct ShellReader {
    typealias Piece = ShellAssignments.Piece

    private let bytes: [UInt8]
    private var index = 0
    /// How many `$(`, `${` and backticks are open: each is a call in the call of the one before.
    private var depth = 0
    private static let depthLimit = 64

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }
    private var next: UInt8? { index + 1 < bytes.count ? bytes[index + 1] : nil }

    mutating func readStatements() -> [ShellAssignments.Statement]? {
        var statements: [ShellAssignments.Statement] = []
        while true {
            skipBlanks(newlines: true)
            guard byte != nil else { return statements }
            let start = index
            guard let line = readAssignments() else { return nil }
            if isAtEndOfCommand {
                statements += line.map { .assignment($0) }
            } else {
                guard skipCommand() else { return nil }
                statements.append(.command(start..<index))
            }
        }
    }

    /// Assignments beside each other, such as `A=1 B=2`. Nil when a quote does not close.
    private mutating func readAssignments() -> [ShellAssignments.Assignment]? {
        var found: [ShellAssignments.Assignment] = []
        if bytes[index...].starts(with: Self.export) { index += Self.export.count }
        while true {
            skipBlanks(newlines: false)
            guard let name = readNameBeforeEquals() else { return found }
            let start = index
            guard let (pieces, closingQuote) = readWord() else { return nil }
            found.append(.init(name: name, pieces: pieces, word: start..<index, closingQuote: closingQuote))
        }
    }

    private static let export = Array("export ".utf8)

    /// Steps over `NAME=`; stays where it is when that is not next.
    private mutating func readNameBeforeEquals() -> String? {
        guard let first = byte, Byte.isNameStart(first) else { return nil }
        var end = index
        while end < bytes.count, Byte.isName(bytes[end]) { end += 1 }
        guard end < bytes.count, bytes[end] == Byte.equals else { return nil }
        defer { index = end + 1 }
        return String(decoding: bytes[index..<end], as: UTF8.self)
    }

    private var isAtEndOfCommand: Bool {
        switch byte {
        case nil, Byte.newline, Byte.semicolon: true
        case Byte.hash: index == 0 || Byte.isBlank(bytes[index - 1]) || bytes[index - 1] == Byte.newline
        default: false
        }
    }

    private mutating func skipBlanks(newlines: Bool) {
        while let byte {
            if Byte.isBlank(byte) || (newlines && (byte == Byte.newline || byte == Byte.semicolon)) {
                index += 1
            } else if byte == Byte.backslash, next == Byte.newline {
                index += 2
            } else if newlines, byte == Byte.hash {
                skipLine()
            } else {
                return
            }
        }
    }

    private mutating func skipLine() {
        while let byte, byte != Byte.newline { index += 1 }
    }

    /// To the end of the line, with quoted text and joined lines. False when a quote does not close.
    private mutating func skipCommand() -> Bool {
        while let byte, byte != Byte.newline {
            if byte == Byte.hash, isAtEndOfCommand {
                skipLine()
                return true
            }
            let start = index
            guard readWord() != nil else { return false }
            if index == start { index += 1 }
        }
        return true
    }

    /// One word of the shell, up to an unquoted blank or operator. Nil when a quote does not close.
    private mutating func readWord() -> (pieces: [Piece], closingQuote: Int?)? {
        var pieces: [Piece] = []
        var closingQuote: Int?
        while let byte, !Self.endsWord(byte) {
            closingQuote = nil
            switch byte {
            case Byte.singleQuote:
                guard readSingleQuoted(&pieces) else { return nil }
                closingQuote = index - 1
            case Byte.doubleQuote:
                guard readDoubleQuoted(&pieces) else { return nil }
                closingQuote = index - 1
            case Byte.backslash:
                readEscape(&pieces)
            case Byte.dollar, Byte.backtick:
                guard readExpansion(&pieces) else { return nil }
            default:
                pieces.append(.literal(byte, at: index))
                index += 1
            }
        }
        return (pieces, closingQuote)
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        switch byte {
        case Byte.space, Byte.tab, Byte.newline, Byte.semicolon, Byte.openParenthesis, Byte.closeParenthesis,
            UInt8(ascii: "&"), UInt8(ascii: "|"), UInt8(ascii: "<"), UInt8(ascii: ">"):
            true
        default: false
        }
    }

    private mutating func readEscape(_ pieces: inout [Piece]) {
        if let next, next != Byte.newline { pieces.append(.literal(next, at: index + 1)) }
        index = min(index + 2, bytes.count)
    }

    private mutating func readSingleQuoted(_ pieces: inout [Piece]) -> Bool {
        index += 1
        while let byte {
            index += 1
            if byte == Byte.singleQuote { return true }
            pieces.append(.literal(byte, at: index - 1))
        }
        return false
    }

    private mutating func readDoubleQuoted(_ pieces: inout [Piece]) -> Bool {
        index += 1
        while let byte {
            switch byte {
            case Byte.doubleQuote:
                index += 1
                return true
            case Byte.backslash where next.map(Self.isEscapedInQuotes) ?? false:
                readEscape(&pieces)
            case Byte.dollar, Byte.backtick:
                guard readExpansion(&pieces) else { return false }
            default:
                pieces.append(.literal(byte, at: index))
                index += 1
            }
        }
        return false
    }

    private static func isEscapedInQuotes(_ byte: UInt8) -> Bool {
        [Byte.doubleQuote, Byte.backslash, Byte.dollar, Byte.backtick, Byte.newline].contains(byte)
    }

    /// `$NAME`, `${NAME}`, or something that would have to be run.
    private mutating func readExpansion(_ pieces: inout [Piece]) -> Bool {
        if byte == Byte.backtick { return skipNested(to: Byte.backtick, &pieces) }
        switch next {
        case Byte.openParenthesis:
            index += 1
            return skipNested(to: Byte.closeParenthesis, &pieces)
        case Byte.openBrace:
            return readBraces(&pieces)
        case let first? where Byte.isNameStart(first):
            index += 1
            let start = index
            while let byte, Byte.isName(byte) { index += 1 }
            pieces.append(.variable(String(decoding: bytes[start..<index], as: UTF8.self)))
        case let first? where Byte.isDigit(first) || [UInt8](#"@*#?-$!"#.utf8).contains(first):
            index += 2
            pieces.append(.opaque)
        default:
            pieces.append(.literal(Byte.dollar, at: index))
            index += 1
        }
        return true
    }

    private mutating func readBraces(_ pieces: inout [Piece]) -> Bool {
        let start = index + 2
        var end = start
        while end < bytes.count, Byte.isName(bytes[end]) { end += 1 }
        if end > start, end < bytes.count, bytes[end] == Byte.closeBrace {
            pieces.append(.variable(String(decoding: bytes[start..<end], as: UTF8.self)))
            index = end + 1
            return true
        }
        index += 1
        return skipNested(to: Byte.closeBrace, &pieces)
    }

    /// From an opening mark to the one that closes it, over quotes and further marks in between.
    private mutating func skipNested(to close: UInt8, _ pieces: inout [Piece]) -> Bool {
        let open = bytes[index]
        guard depth < Self.depthLimit else { return false }
        depth += 1
        defer { depth -= 1 }
        pieces.append(.opaque)
        index += 1
        var ignored: [Piece] = []
        while let byte {
            switch byte {
            case close:
                index += 1
                return true
            case Byte.singleQuote where close != Byte.backtick:
                guard readSingleQuoted(&ignored) else { return false }
            case Byte.doubleQuote where close != Byte.backtick:
                guard readDoubleQuoted(&ignored) else { return false }
            case Byte.backslash:
                index = min(index + 2, bytes.count)
            case Byte.backtick, Byte.dollar:
                guard readExpansion(&ignored) else { return false }
            case open:
                guard skipNested(to: close, &ignored) else { return false }
            default:
                index += 1
            }
        }
        return false
    }
}
