import Fleet

/// Names that nodes, groups, labels and hosts go by, each with its pattern for editors.
enum NameRules {
    static let groupPattern = "^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$"
    static let labelPattern = "^[A-Za-z0-9][A-Za-z0-9._/-]{0,252}$"
    static let userPattern = "^[A-Za-z0-9_][A-Za-z0-9_.@\\\\-]{0,63}$"
    static let hostPattern = "^[A-Za-z0-9_:{][A-Za-z0-9._:%{}-]{0,252}$"
    static let jumpPattern =
        "^([A-Za-z0-9_][A-Za-z0-9_.@\\\\-]{0,63}@)?(\\[[0-9A-Za-z:.%]+\\]|[A-Za-z0-9_][A-Za-z0-9._-]{0,252})(:[0-9]{1,5})?$"
    /// Node names, in which brackets hold ranges.
    static let nodesPattern = "^[A-Za-z0-9\\[][A-Za-z0-9._,\\[\\]-]*$"

    static func isGroup(_ text: String) -> Bool { NodeName(text) != nil && text != "all" }

    static func isLabel(_ text: String) -> Bool { isWord(text, start: "", rest: "._/-", limit: 253) }
    static func isUser(_ text: String) -> Bool { isWord(text, start: "_", rest: "_.@\\-", limit: 64) }
    static func isHost(_ text: String) -> Bool { isWord(text, start: "_:{", rest: "._:%{}-", limit: 253) }

    /// ASCII letters and digits everywhere, and the given others at the start and behind it.
    private static func isWord(_ text: String, start: String, rest: String, limit: Int) -> Bool {
        guard (1...limit).contains(text.utf8.count), let first = text.first else { return false }
        let isPlain: (Character) -> Bool = { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return (isPlain(first) || start.contains(first))
            && text.dropFirst().allSatisfy { isPlain($0) || rest.contains($0) }
    }
}

extension ConnectionSettings.JumpHost {
    /// Reads `[user@]host[:port]`, as `ssh -J` does; an IPv6 address stands in brackets.
    init?(text: String) {
        var rest = text[...]
        var user: String?
        if let at = text.lastIndex(of: "@") {
            user = String(text[..<at])
            rest = text[text.index(after: at)...]
        }
        if let user, !NameRules.isUser(user) { return nil }
        if rest.hasPrefix("["), let close = rest.firstIndex(of: "]") {
            let address = rest[rest.index(after: rest.startIndex)..<close]
            guard !address.isEmpty,
                address.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || ":.%".contains($0)) }),
                let port = Self.port(rest[rest.index(after: close)...])
            else { return nil }
            self.init(address: String(address), port: port.number, user: user)
            return
        }
        let colon = rest.firstIndex(of: ":") ?? rest.endIndex
        let host = String(rest[..<colon])
        guard NameRules.isHost(host), !host.contains(where: { ":%{}".contains($0) }),
            let port = Self.port(rest[colon...])
        else { return nil }
        self.init(address: host, port: port.number, user: user)
    }

    /// Nothing, or `:` and a port.
    private static func port(_ text: Substring) -> (number: UInt16?, Void)? {
        if text.isEmpty { return (nil, ()) }
        guard text.hasPrefix(":"), let number = UInt16(text.dropFirst()), number > 0 else { return nil }
        return (number, ())
    }

    var text: String {
        let host = address.contains(":") ? "[\(address)]" : address
        return (user.map { "\($0)@" } ?? "") + host + (port.map { ":\($0)" } ?? "")
    }
}
