/// One element of a known_hosts or ssh_config pattern list, such as `*.example.org` or `!10.0.0.?`.
struct HostPattern: Hashable, Sendable {
    let isNegated: Bool
    private let pattern: [UInt8]

    init(_ text: some StringProtocol) {
        isNegated = text.hasPrefix("!")
        pattern = Array(text.lowercased().utf8.drop { $0 == UInt8(ascii: "!") })
    }

    /// Whether a list takes `name`: some pattern matches and no negated one does.
    static func list(_ patterns: [HostPattern], matches name: String) -> Bool {
        let name = Array(name.lowercased().utf8)
        return !patterns.contains { $0.isNegated && $0.matches(name) }
            && patterns.contains { !$0.isNegated && $0.matches(name) }
    }

    /// `*` is any run of bytes, `?` any one. In time proportional to the product of the lengths.
    private func matches(_ name: [UInt8]) -> Bool {
        var at = 0
        var next = 0
        var retry: (pattern: Int, name: Int)?
        while next < name.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                retry = (at, next)
                at += 1
            } else if at < pattern.count, pattern[at] == UInt8(ascii: "?") || pattern[at] == name[next] {
                at += 1
                next += 1
            } else if let start = retry {
                retry = (start.pattern, start.name + 1)
                at = start.pattern + 1
                next = start.name + 1
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
