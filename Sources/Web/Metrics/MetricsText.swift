/// Prometheus' text exposition format, version 0.0.4.
struct MetricsText {
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    private(set) var text = ""
    private var typed: Set<String> = []

    mutating func add(
        _ name: String, _ kind: Kind, _ value: Double, _ labels: [(String, String)] = [], help: String
    ) {
        declare(name, kind, help)
        line(name, value, labels)
    }

    mutating func add(_ name: String, _ buckets: DurationBuckets, _ labels: [(String, String)], help: String) {
        declare(name, .histogram, help)
        for (bound, count) in buckets.cumulative { line(name + "_bucket", Double(count), labels + [("le", bound)]) }
        line(name + "_sum", buckets.sum, labels)
        line(name + "_count", Double(buckets.cumulative.last?.count ?? 0), labels)
    }

    private mutating func declare(_ name: String, _ kind: Kind, _ help: String) {
        guard typed.insert(name).inserted else { return }
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ value: Double, _ labels: [(String, String)]) {
        let pairs = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        text += name + (pairs.isEmpty ? "" : "{\(pairs)}") + " \(Self.number(value))\n"
    }

    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }

    private static func escaped(_ value: String) -> String {
        value.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
    }
}
