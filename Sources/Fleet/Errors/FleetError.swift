/// A failure that is a value: an open code to compare by, one full sentence, and what helps a person to mend it.
///
/// Codes are compared, texts never are. A code is stable once released: scripts rely on it.
public struct FleetError: Error, Hashable, Sendable, Codable {
    /// An open set of kebab-case identifiers, such as `inventory-unknown-key` or `host-key-changed`.
    public struct Code: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringLiteral,
        CustomStringConvertible
    {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }
        public init(stringLiteral value: String) { rawValue = value }
        public var description: String { rawValue }
    }

    public var code: Code
    /// What was found, as one full sentence.
    public var message: String
    /// Where it was found.
    public var location: SourceLocation?
    /// What would be valid or what to do next, as one full sentence.
    public var advice: String?

    public init(
        _ code: Code, _ message: String, at location: SourceLocation? = nil, advice: String? = nil
    ) {
        self.code = code
        self.message = message
        self.location = location
        self.advice = advice
    }
}

/// A place in a text: a file, and a line and column that count from 1.
public struct SourceLocation: Hashable, Sendable, Codable, CustomStringConvertible {
    public var file: String
    public var line: Int?
    public var column: Int?

    public init(file: String, line: Int? = nil, column: Int? = nil) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`, as editors and compilers write it.
    public var description: String {
        [file, line.map(String.init), column.map(String.init)].compactMap(\.self).joined(separator: ":")
    }
}

extension FleetError: CustomStringConvertible {
    /// `place: message advice [code]`.
    public var description: String {
        let place = location.map { "\($0): " } ?? ""
        let hint = advice.map { " \($0)" } ?? ""
        return "\(place)\(message)\(hint) [\(code)]"
    }
}
