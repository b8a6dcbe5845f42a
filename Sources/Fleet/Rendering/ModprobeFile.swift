/// A file of `/etc/modprobe.d`: `blacklist`, `options`, `softdep` and other directives, one a logical line.
///
/// A backslash at the end of a line joins the next to it; a `#` begins a comment only at the start of a line (kmod). kmod
/// splits lines at blanks and tabs alone, so that a carriage return becomes part of the last name, which then fits no module.
/// Options it hands to the kernel as they are, which takes every white space for a blank and knows double quotes
/// (`next_arg` of lib/cmdline.c).
struct ModprobeFile: Hashable, Sendable {
    struct Directive: Hashable, Sendable {
        /// The directive's words, the verb first. A word that goes over a joined line keeps the joint in its range.
        let words: [PlacedWord]
        let module: ModuleName?

        /// Nil without a word.
        init?(_ words: [PlacedWord]) {
            guard !words.isEmpty else { return nil }
            self.words = words
            module = words.count > 1 ? ModuleName(words[1].text) : nil
        }

        var verb: String { words[0].text }
        var parameters: ArraySlice<PlacedWord> { words.dropFirst(2) }
        var end: Int { words[words.count - 1].range.upperBound }
    }

    let bytes: [UInt8]
    let directives: [Directive]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        directives = Self.parse(bytes)
    }

    var blacklisted: [ModuleName] { directives.filter { $0.verb == "blacklist" }.compactMap(\.module) }

    func blacklists(_ module: ModuleName) -> Bool {
        directives.contains { $0.verb == "blacklist" && $0.module == module }
    }

    /// The `options` lines of vfio-pci, in either spelling.
    var vfioOptions: [Directive] { directives.filter { $0.verb == "options" && $0.module == "vfio-pci" } }

    /// kmod uses the first `softdep` line of a module and no other; the name may be a pattern (`nvidia*`).
    func softdep(of module: ModuleName) -> Directive? {
        directives.first { $0.verb == "softdep" && $0.isFor(module) }
    }

    private static func parse(_ bytes: [UInt8]) -> [Directive] {
        var directives: [Directive] = []
        var index = 0
        while index < bytes.count {
            let line = LogicalLine(bytes, from: index)
            index = line.end
            guard let directive = Directive(line.words), !directive.verb.hasPrefix("#") else { continue }
            directives.append(directive)
        }
        return directives
    }
}

extension ModprobeFile.Directive {
    /// Whether a line whose name may be a pattern is about the module.
    fileprivate func isFor(_ module: ModuleName) -> Bool {
        guard self.module == nil, words.count > 1 else { return self.module == module }
        return globMatches(words[1].text.withUnderscores, module.normalized)
    }

    /// The value of the last parameter `name=…`.
    func value(of name: String) -> (value: String, word: PlacedWord)? {
        guard let word = parameters.last(where: { $0.text.hasPrefix(name + "=") }) else { return nil }
        return (String(word.text.dropFirst(name.utf8.count + 1)), word)
    }

    /// The modules after `pre:`, up to the next keyword.
    var pre: [ModuleName] {
        guard let start = parameters.firstIndex(where: { $0.text == "pre:" }) else { return [] }
        return parameters[(start + 1)...].prefix { !$0.text.hasSuffix(":") }.compactMap { ModuleName($0.text) }
    }
}

/// One line with those joined to it by a backslash at the end.
private struct LogicalLine {
    /// None of a comment.
    var words: [PlacedWord] = []
    /// Where the next logical line begins.
    var end: Int

    init(_ bytes: [UInt8], from start: Int) {
        end = start
        while end < bytes.count, Byte.isBlank(bytes[end]) { end += 1 }
        let isComment = end < bytes.count && bytes[end] == Byte.hash
        if isComment { skip(bytes) } else { split(bytes) }
        end = min(end + 1, bytes.count)
    }

    /// To the end of the last joined line: a comment goes on there too.
    private mutating func skip(_ bytes: [UInt8]) {
        while end < bytes.count, bytes[end] != Byte.newline {
            let isJoint = bytes[end] == Byte.backslash && end + 1 < bytes.count && bytes[end + 1] == Byte.newline
            end += isJoint ? 2 : 1
        }
    }

    private mutating func split(_ bytes: [UInt8]) {
        var text: [UInt8] = []
        var wordStart = end
        var isQuoted = false
        func isEnd(_ byte: UInt8) -> Bool {
            guard words.count > 1, words[0].text == "options" else { return Byte.isBlank(byte) }
            if byte == Byte.doubleQuote { isQuoted.toggle() }
            return !isQuoted && (Byte.isBlank(byte) || byte == UInt8(ascii: "\r"))
        }
        func finish(at index: Int) {
            guard !text.isEmpty else { return }
            words.append(PlacedWord(text: String(decoding: text, as: UTF8.self), range: wordStart..<index))
            text = []
        }
        while end < bytes.count, bytes[end] != Byte.newline {
            if bytes[end] == Byte.backslash, end + 1 < bytes.count, bytes[end + 1] == Byte.newline {
                end += 2
                continue
            }
            if isEnd(bytes[end]) {
                finish(at: end)
            } else {
                if text.isEmpty { wordStart = end }
                text.append(bytes[end])
            }
            end += 1
        }
        finish(at: end)
    }
}
