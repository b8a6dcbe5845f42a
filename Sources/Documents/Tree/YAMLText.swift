extension JSON {
    /// This value as YAML in block style; scalars in quotes wherever a reader could take them for something else.
    var yaml: String { block(indent: "") }

    private func block(indent: String) -> String {
        switch self {
        case .object(let members) where !members.isEmpty:
            return members.map { member in
                let key = "\(indent)\(Self.scalar(member.key)):"
                return member.value.isBlock
                    ? "\(key)\n\(member.value.block(indent: indent + "  "))" : "\(key) \(member.value.flow)\n"
            }.joined()
        case .array(let items) where isBlock:
            return items.map { "\(indent)- \($0.flow)\n" }.joined()
        default: return "\(indent)\(flow)\n"
        }
    }

    /// Lists of scalars stay on one line.
    private var isBlock: Bool {
        switch self {
        case .object(let members): !members.isEmpty
        case .array(let items): items.contains { if case .object = $0 { true } else { false } }
        default: false
        }
    }

    private var flow: String {
        switch self {
        case .string(let text): Self.scalar(text)
        case .integer(let number): String(number)
        case .bool(let value): String(value)
        case .array(let items): "[\(items.map(\.flow).joined(separator: ", "))]"
        case .object(let members):
            "{\(members.map { "\(Self.scalar($0.key)): \($0.value.flow)" }.joined(separator: ", "))}"
        }
    }

    private static func scalar(_ text: String) -> String {
        let isWord =
            text.first.map { $0.isASCII && $0.isLetter } ?? false
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._/-".contains($0)) }
        let isReserved = truthValue(text.lowercased()) != nil || ["null", "y", "n"].contains(text.lowercased())
        return isWord && !isReserved ? text : quoted(text)
    }
}
