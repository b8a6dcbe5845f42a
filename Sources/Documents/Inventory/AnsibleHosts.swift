import Fleet

/// Hosts as Ansible names them: ranges such as `pve[01:12]`, and `name:port`.
enum AnsibleHosts {
    static func add(
        _ pattern: String, _ variables: [Tree.Entry], at location: SourceLocation, group: String,
        into draft: inout InventoryDraft, _ diagnostics: Diagnostics
    ) {
        let (base, port) = splitPort(pattern)
        guard let names = expand(base), !names.isEmpty else {
            diagnostics.report(
                "invalid-value", "\(quoted(pattern)) is no host and no range of hosts.", at: location,
                advice: "Ranges are written as in pve[01:12], pve[1:9:2] or pve[a:c].")
            return
        }
        var settings = AnsibleVariables.settings(variables, diagnostics).settings
        settings.port = settings.port ?? port
        for name in names {
            guard NodeName(name) != nil else {
                diagnostics.report(
                    "invalid-value", "\(quoted(name)) can't be a node's name.", at: location,
                    advice: "Give the host a name of letters, digits, “.”, “-”, “_”, and its address as ansible_host.")
                continue
            }
            var node = InventoryDraft.Node(settings: settings, location: location, mayRepeat: true)
            node.groups = [Mention(name: group, location: location)]
            draft.add(name, node, diagnostics)
        }
    }

    /// `pve[01:12]:2222` → `pve[01:12]` and 2222. More colons than that are an IPv6 address.
    private static func splitPort(_ text: String) -> (String, UInt16?) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0
        else { return (text, nil) }
        let base = text[..<colon]
        let outside = base.replacingBrackets()
        return outside.contains(":") || outside.contains("[") ? (text, nil) : (String(base), port)
    }

    /// All hosts of a pattern; nil when it is malformed or absurdly many.
    static func expand(_ text: String) -> [String]? {
        guard let open = text.firstIndex(of: "[") else { return text.isEmpty || text.contains("]") ? nil : [text] }
        guard let close = text[open...].firstIndex(of: "]"),
            let middle = range(String(text[text.index(after: open)..<close])),
            let tails = text[text.index(after: close)...].isEmpty
                ? [""] : expand(String(text[text.index(after: close)...])),
            middle.count * tails.count <= NameSet.maximumNames
        else { return nil }
        let head = text[..<open]
        return middle.flatMap { choice in tails.map { "\(head)\(choice)\($0)" } }
    }

    /// `01:12`, `1:9:2`, `a:c`; a missing first bound is 0.
    private static func range(_ text: String) -> [String]? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), let step = parts.count == 3 ? Int(parts[2]) : 1, step > 0 else {
            return nil
        }
        let low = parts[0].isEmpty ? "0" : parts[0]
        if let a = letter(low), let b = letter(parts[1]) {
            return a <= b ? stride(from: a, through: b, by: step).map { String(UnicodeScalar(UInt8($0))) } : nil
        }
        guard
            [low, parts[1]].allSatisfy({
                (1...9).contains($0.utf8.count) && $0.utf8.allSatisfy { (48...57).contains($0) }
            }),
            let first = Int(low), let last = Int(parts[1]), first <= last,
            (last - first) / step < NameSet.maximumNames
        else { return nil }
        let isPadded = low.utf8.count > 1 && low.hasPrefix("0")
        guard !isPadded || low.utf8.count == parts[1].utf8.count else { return nil }
        return stride(from: first, through: last, by: step).map { number in
            let digits = String(number)
            let padding = isPadded ? max(0, low.utf8.count - digits.utf8.count) : 0
            return String(repeating: "0", count: padding) + digits
        }
    }

    private static func letter(_ text: String) -> Int? {
        guard text.utf8.count == 1, let byte = text.utf8.first, text.allSatisfy({ $0.isASCII && $0.isLetter }) else {
            return nil
        }
        return Int(byte)
    }
}

extension StringProtocol {
    /// Without what stands in brackets.
    fileprivate func replacingBrackets() -> String {
        var depth = 0
        return String(
            filter { character in
                if character == "[" { depth += 1 }
                defer { if character == "]", depth > 0 { depth -= 1 } }
                return depth == 0
            })
    }
}
