import Fleet

extension Format where Value == String {
    /// Any text of at least one and at most `limit` bytes.
    static func text(_ expected: String = "a text", limit: Int = 65_536) -> Format {
        // Plain numbers and truth values are texts here too; editors see them as other types.
        let schema: JSON = ["type": ["string", "number", "boolean"], "minLength": 1]
        return .scalar(expected, schema: schema) { (1...limit).contains($0.text.utf8.count) ? $0.text : nil }
    }
}

extension Format where Value == Bool {
    /// A truth value, by any of YAML's words for it.
    static var bool: Format {
        .scalar("true or false", schema: ["enum": [true, false, "yes", "no", "on", "off"]]) {
            $0.isPlain ? truthValue($0.text) : nil
        }
    }
}

/// YAML's words for truth values, with those of YAML 1.1, which people write all the same.
func truthValue(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE", "yes", "on": true
    case "false", "False", "FALSE", "no", "off": false
    default: nil
    }
}

extension Format where Value == Int {
    static func integer(_ range: ClosedRange<Int>, _ what: String = "a whole number") -> Format {
        let schema: JSON = [
            "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
        ]
        return .scalar("\(what) (\(range.lowerBound)…\(range.upperBound))", schema: schema) {
            $0.isPlain ? Int($0.text).flatMap { range.contains($0) ? $0 : nil } : nil
        }
    }
}

extension Format where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of a closed set of words.
    static func word(_ what: String) -> Format {
        let words = Value.allCases.map(\.rawValue)
        let list = words.joined(separator: ", ")
        return .scalar(
            "\(what) (\(list))", schema: ["enum": .array(words.map { .string($0) })],
            advice: { nearest(to: $0, in: words).map { "Did you mean \(quoted($0))? Valid: \(list)." } },
            parse: { Value(rawValue: $0.text) })
    }
}

extension Format where Value: LosslessStringConvertible {
    /// A type that reads itself from text.
    /// - Parameter pattern: the same set of texts, as a regular expression for editors.
    static func lossless(_ expected: String, pattern: String, orNumber: Bool = false) -> Format {
        let type: JSON = orNumber ? ["string", "number"] : "string"
        return .scalar(expected, schema: ["type": type, "pattern": .string(pattern)]) { Value($0.text) }
    }
}
