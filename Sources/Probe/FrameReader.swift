import Fleet

/// Finds the head line, the frames and the end line among a node's bytes.
///
/// A mark is a line that begins with `@NONCE `; the nonce stands in the head line, so that a stored answer can be read
/// without anything else. Only marks are looked for: a frame's content may hold anything.
struct FrameReader {
    enum Item {
        case frame(Answer.Frame)
        /// The answer ends inside the frame of this name.
        case cut(String)
        /// A mark that can't be understood, in or after the frame of this name.
        case broken(String)
        /// The end line and the number of frames it names.
        case end(Int)
    }

    private var rest: Bytes
    /// `@NONCE `
    private var mark: [UInt8] = []
    /// A frame's opening line that was found where a closing one was due.
    private var pending: Bytes?

    init(_ bytes: Bytes) { rest = bytes }

    /// The format's version. Whatever a login prints before the head line is passed over.
    mutating func head() -> Int? {
        while !rest.isEmpty {
            guard let head = Self.head(rest.take(until: UInt8(ascii: "\n"))) else { continue }
            mark = [UInt8(ascii: "@")] + head.nonce + [UInt8(ascii: " ")]
            return head.version
        }
        return nil
    }

    /// Where the answer begins whose head line carries this nonce; nil = it is not there.
    static func start(of nonce: String, in bytes: Bytes) -> Int? {
        var rest = bytes
        while !rest.isEmpty {
            let start = rest.startIndex
            let head = Self.head(rest.take(until: UInt8(ascii: "\n")))
            if let head, head.nonce.elementsEqual(nonce.utf8) { return start }
        }
        return nil
    }

    private static func head(_ line: Bytes) -> (version: Int, nonce: Bytes)? {
        let words = line.prefix(200).words
        guard words.count == 3, words[0].equals("VFIOFLEET-PROBE"), let version = Int(decimalDigits: words[1]),
            (1...64).contains(words[2].count)
        else { return nil }
        return (version, words[2])
    }

    mutating func next() -> Item? {
        guard let line = pending ?? nextMark()?.line else { return nil }
        pending = nil
        switch line.first {
        case UInt8(ascii: "<"): return frame(openedBy: line)
        case UInt8(ascii: "."):
            guard let count = Int(decimalDigits: line.dropFirst(2)) else { return .broken("") }
            return .end(count)
        default: return .broken("")
        }
    }

    private mutating func frame(openedBy line: Bytes) -> Item {
        guard let (label, rest) = line.dropFirst(2).cut(at: UInt8(ascii: "\t")), !label.isEmpty,
            let (size, command) = rest.cut(at: UInt8(ascii: "\t")), let limit = Int(decimalDigits: size)
        else { return .broken(line.prefix(100).text) }
        let name = label.text
        guard let (content, closing) = nextMark() else { return .cut(name) }
        guard closing.first == UInt8(ascii: ">"), let status = Self.status(closing.dropFirst(2)) else {
            if closing.first != UInt8(ascii: ">") { pending = closing }
            return .broken(name)
        }
        return .frame(.init(name: name, limit: limit, command: command, content: content, status: status))
    }

    private static func status(_ text: Bytes) -> Answer.Status? {
        if let code = Int(decimalDigits: text) { return .exited(code) }
        if text.equals("absent") { return .absent }
        if text.equals("unreadable") { return .unreadable }
        if let tool = text.dropping("missing ") { return .missing(tool: tool.text) }
        if let why = text.dropping("skipped ") { return .skipped(why.text) }
        return nil
    }

    /// The next line that begins with the mark and is ended by a line feed, without the mark; and what stood before it,
    /// without the line feed that belongs to the mark.
    private mutating func nextMark() -> (before: Bytes, line: Bytes)? {
        let start = rest.startIndex
        var next = rest.position(of: UInt8(ascii: "@"))
        while let index = next {
            let isAtLineStart = index == start || rest[index - 1] == UInt8(ascii: "\n")
            if isAtLineStart, rest[index...].starts(with: mark) {
                guard let end = rest.position(of: UInt8(ascii: "\n"), from: index) else { break }
                let line = rest[(index + mark.count)..<end]
                let before = rest[start..<max(start, index - 1)]
                rest = rest[(end + 1)...]
                return (before, line)
            }
            next = rest.position(of: UInt8(ascii: "@"), from: index + 1)
        }
        rest = rest[rest.endIndex...]
        return nil
    }
}
