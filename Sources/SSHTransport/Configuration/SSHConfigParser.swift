extension SSHConfig {
    /// Reads the file's text. `read` gives the texts of the files that an Include names, at most 16 deep.
    init(_ text: String, depth: Int = 0, read: (_ pattern: String) -> [String]) {
        entries = []
        for line in text.utf8.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }) {
            let words = Self.words(Substring(line))
            guard let keyword = words.first?.lowercased(), !keyword.hasPrefix("#") else { continue }
            let arguments = Array(words.dropFirst())
            entries.append(Self.entry(keyword, arguments, depth, read))
        }
    }

    private static func entry(
        _ keyword: String, _ arguments: [String], _ depth: Int, _ read: (String) -> [String]
    ) -> Entry {
        switch keyword {
        case "host": return .host(arguments.map { HostPattern($0) })
        case "match": return .match(criteria(arguments))
        case "include":
            guard depth < 16 else { return .include([]) }
            let texts = arguments.flatMap(read)
            return .include(texts.flatMap { [.match([.always])] + SSHConfig($0, depth: depth + 1, read: read).entries })
        default: return .option(keyword: keyword, arguments: arguments)
        }
    }

    private static func criteria(_ arguments: [String]) -> [Criterion] {
        var criteria: [Criterion] = []
        var rest = arguments[...]
        while let word = rest.popFirst() {
            let isNegated = word.hasPrefix("!")
            let subject = subject(word.drop { $0 == "!" }.lowercased())
            let patterns = subject == .all ? "" : rest.popFirst() ?? ""
            criteria.append(
                Criterion(
                    subject: subject, patterns: patterns.split(separator: ",").map { HostPattern($0) },
                    isNegated: isNegated))
        }
        return criteria.isEmpty ? [.never] : criteria
    }

    private static func subject(_ word: String) -> Criterion.Subject {
        switch word {
        case "all": .all
        case "host": .host
        case "originalhost": .originalHost
        case "user": .user
        case "localuser": .localUser
        default: .unsupported
        }
    }

    /// Words are separated by blanks or one `=`; double quotes keep blanks; a word that begins with `#` ends the line.
    static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var rest = line.unicodeScalars[...]
        while true {
            rest = rest.drop { $0 == " " || $0 == "\t" || (words.count == 1 && $0 == "=") }
            guard let first = rest.first, first != "#" else { return words }
            if first == "\"" {
                rest.removeFirst()
                words.append(String(rest.prefix { $0 != "\"" }))
                rest = rest.drop { $0 != "\"" }.dropFirst()
            } else {
                let isKeyword = words.isEmpty
                let word = rest.prefix { $0 != " " && $0 != "\t" && !(isKeyword && $0 == "=") }
                if word.isEmpty { return words }
                words.append(String(word))
                rest = rest.dropFirst(word.count)
            }
        }
    }
}

extension SSHConfig.Criterion {
    fileprivate static let always = Self(subject: .all, patterns: [], isNegated: false)
    fileprivate static let never = Self(subject: .unsupported, patterns: [], isNegated: false)
}
