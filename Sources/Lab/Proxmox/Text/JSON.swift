/// JSON as Proxmox writes it: keys sorted, and the pretty form with three blanks and ` : `.
enum JSON: Sendable, Equatable {
    case null
    case number(Int)
    case decimal(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    var compact: String {
        switch self {
        case .array(let items): "[" + items.map(\.compact).joined(separator: ",") + "]"
        case .object(let fields):
            "{"
                + fields.sorted { $0.key < $1.key }.map { "\(Self.quoted($0.key)):\($0.value.compact)" }
                .joined(separator: ",") + "}"
        default: scalar
        }
    }

    func pretty(_ depth: Int = 0) -> String {
        let inner = String(repeating: "   ", count: depth + 1)
        let outer = String(repeating: "   ", count: depth)
        switch self {
        case .array(let items) where !items.isEmpty:
            return "[\n" + items.map { inner + $0.pretty(depth + 1) }.joined(separator: ",\n") + "\n\(outer)]"
        case .object(let fields) where !fields.isEmpty:
            let lines = fields.sorted { $0.key < $1.key }.map {
                "\(inner)\(Self.quoted($0.key)) : \($0.value.pretty(depth + 1))"
            }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(outer)}"
        case .array: return "[]"
        case .object: return "{}"
        default: return scalar
        }
    }

    private var scalar: String {
        switch self {
        case .number(let value): String(value)
        case .decimal(let value): String(value)
        case .string(let value): Self.quoted(value)
        default: "null"
        }
    }

    /// The value as the text formats show it.
    var plain: String {
        switch self {
        case .string(let text): text
        case .null: ""
        default: compact
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{8}": result += "\\b"
            case "\u{c}": result += "\\f"
            case _ where scalar.value < 0x20: result += "\\u00" + hexByte(UInt8(scalar.value))
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
