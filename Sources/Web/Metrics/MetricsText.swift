/// Prometheus' text exposition format, version 0.0.4.
struct MetricsText {
    enum Kind: String {
        case counter
        case gauge
        case summary
    }

    private(set) var text = ""
    private var typed: Set<String> = []

    mutating func add(
        _ name: String, _ kind: Kind, _ value: Double, _ labels: [(String, String)] = [], help: String? = nil
    ) {
        declare(name, kind, help)
        line(name, value, labels)
    }

    mutating func addSummary(_ name: String, count: Int, sum: Double, _ labels: [(String, String)]) {
        declare(name, .summary, nil)
        line(name + "_count", Double(count), labels)
        line(name + "_sum", sum, labels)
    }

    private mutating func declare(_ name: String, _ kind: Kind, _ help: String?) {
        guard typed.insert(name).inserted else { return }
        if let help { text += "# HELP \(name) \(help)\n" }
        text += "# TYPE \(name) \(kind.rawValue)\n"
    }

    private mutating func line(_ name: String, _ value: Double, _ labels: [(String, String)]) {
        let pairs = labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
        let number = value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
        text += name + (pairs.isEmpty ? "" : "{\(pairs)}") + " \(number)\n"
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
