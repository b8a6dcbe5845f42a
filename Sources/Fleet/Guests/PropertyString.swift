/// `value,key=value,…` as Proxmox writes options that have parts. One key may be left out: the default key.
struct PropertyString: Hashable, Sendable {
    /// In the order in which they stand.
    private(set) var parts: [(key: String, value: String)]

    /// Empty parts are skipped, as Proxmox does.
    init(_ text: String, defaultKey: String) {
        parts = text.split(separator: ",").map { part in
            let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return pieces.count == 2 ? (String(pieces[0]), String(pieces[1])) : (defaultKey, String(part))
        }
    }

    subscript(key: String) -> String? { parts.last { $0.key == key }?.value }

    /// Sets a part in its place, or at the end.
    mutating func set(_ key: String, _ value: String) {
        if let index = parts.firstIndex(where: { $0.key == key }) {
            parts[index].value = value
        } else {
            parts.append((key, value))
        }
    }

    func text(defaultKey: String) -> String {
        parts.map { $0.key == defaultKey ? $0.value : "\($0.key)=\($0.value)" }.joined(separator: ",")
    }

    /// Whether this holds every part of `other`, with equal meaning.
    func covers(_ other: PropertyString) -> Bool {
        other.parts.allSatisfy { key, value in self[key].map { Self.mean($0, value) } ?? Self.isOff(value) }
    }

    /// `1`, `on`, `yes` and `true` are one value, and so are their opposites (`PVE::JSONSchema::parse_boolean`).
    static func mean(_ a: String, _ b: String) -> Bool {
        if a == b { return true }
        guard let first = boolean(a), let second = boolean(b) else { return false }
        return first == second
    }

    private static func isOff(_ value: String) -> Bool { boolean(value) == false }

    static func boolean(_ text: String) -> Bool? {
        switch text.asciiLowercased {
        case "1", "on", "yes", "true": true
        case "0", "off", "no", "false": false
        default: nil
        }
    }

    static func == (a: Self, b: Self) -> Bool { a.parts.elementsEqual(b.parts) { $0 == $1 } }

    func hash(into hasher: inout Hasher) {
        for part in parts {
            hasher.combine(part.key)
            hasher.combine(part.value)
        }
    }
}
