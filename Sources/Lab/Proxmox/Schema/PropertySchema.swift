/// What a value must be, as Proxmox' JSON schema says it.
struct PropertySchema: Sendable {
    enum Kind: String, Sendable { case string, integer, number, boolean, array }

    var kind = Kind.string
    var isOptional = true
    /// In a property string: the key of a part that is written without one.
    var isDefaultKey = false
    var format: PropertyFormat?
    var pattern: (@Sendable (String) -> Bool)?
    var values: [String]?
    var minimum: Double?
    var maximum: Double?
    var maximumLength: Int?
    /// Another key that this one stands for.
    var alias: String?
    /// The key that takes this key's name as its value when the alias is used: `virtio=MAC` sets `model`.
    var keyAlias: String?
}

/// How the text of a value is checked beyond its type.
enum PropertyFormat: Sendable {
    /// A single check: the reason why the value is refused, nil where it is fine.
    case check(@Sendable (String) -> String?)
    /// Several values in one option; the option may also be given several times.
    case list(@Sendable (String) -> String?)
    /// Comma-separated `key=value` parts.
    case properties(PropertyStringFormat)

    var isList: Bool {
        if case .list = self { true } else { false }
    }
}

extension PropertySchema {
    static func text(_ format: PropertyFormat? = nil) -> Self { Self(format: format) }
    static let boolean = Self(kind: .boolean)

    static func integer(_ minimum: Double? = nil, _ maximum: Double? = nil) -> Self {
        Self(kind: .integer, minimum: minimum, maximum: maximum)
    }

    static func number(_ minimum: Double? = nil, _ maximum: Double? = nil) -> Self {
        Self(kind: .number, minimum: minimum, maximum: maximum)
    }

    static func oneOf(_ values: String...) -> Self { Self(values: values) }
    static func matching(_ pattern: @escaping @Sendable (String) -> Bool) -> Self { Self(pattern: pattern) }
    static func properties(_ format: PropertyStringFormat) -> Self { Self(format: .properties(format)) }

    var required: Self { changed { $0.isOptional = false } }
    var byDefault: Self { changed { $0.isDefaultKey = true } }

    func changed(_ change: (inout Self) -> Void) -> Self {
        var copy = self
        change(&copy)
        return copy
    }
}

extension PropertySchema {
    /// Adds to `errors` what is wrong with the value, in the order in which Proxmox checks.
    func check(_ value: String, path: String, _ errors: inout [String: String]) {
        if let problem = problem(value, path: path) {
            errors[path] = problem.reason
            errors.merge(problem.nested) { a, _ in a }
        }
    }

    private func problem(_ value: String, path: String) -> (reason: String, nested: [String: String])? {
        if !isOfKind(value) { return ("type check ('\(kind.rawValue)') failed - got '\(value)'", [:]) }
        if let reason = formatProblem(value, path: path) { return ("invalid format - \(reason)\n", [:]) }
        return limitProblem(value).map { ($0, [:]) }
    }

    /// The reason why the value's format is wrong, without the last newline.
    func formatProblem(_ value: String, path: String) -> String? {
        switch format {
        case .none: nil
        case .check(let check), .list(let check): check(value)
        case .properties(let format): format.problem(value, path: path)
        }
    }

    private func isOfKind(_ value: String) -> Bool {
        switch kind {
        case .string, .array: true
        case .boolean: value == "0" || value == "1"
        case .integer: isInteger(value)
        case .number: isInteger(value) || value.wholeMatch(of: /[+-]?\d+\.\d+/) != nil
        }
    }

    private func limitProblem(_ value: String) -> String? {
        if let pattern, !pattern(value) { return "value does not match the regex pattern" }
        if let maximumLength, value.unicodeScalars.count > maximumLength {
            return "value may only be \(maximumLength) characters long"
        }
        if let number = Double(value) {
            if let maximum, number > maximum { return "value must have a maximum value of \(plain(maximum))" }
            if let minimum, number < minimum { return "value must have a minimum value of \(plain(minimum))" }
        }
        if let values, !values.contains(value) {
            return "value '\(value)' does not have a value in the enumeration '\(values.joined(separator: ", "))'"
        }
        return nil
    }

    private func plain(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }
}

func isInteger(_ text: String) -> Bool {
    let digits = text.hasPrefix("+") || text.hasPrefix("-") ? text.dropFirst() : text[...]
    return !digits.isEmpty && digits.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
}

/// `1`, `on`, `yes`, `true` and their opposites in any case; nil for anything else.
func perlBoolean(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "1", "on", "yes", "true": true
    case "0", "off", "no", "false": false
    default: nil
    }
}
