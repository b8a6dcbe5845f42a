import Fleet

/// How one kind of value is written: read by `read`, described to editors by `schema`.
///
/// Both are built together, so that an editor accepts what the reader accepts.
struct Format<Value: Sendable>: Sendable {
    /// A JSON Schema (draft 2020-12) fragment.
    let schema: JSON
    /// What is valid, for a sentence: `a port (1…65535)`.
    let expected: String
    /// Nil when the value is not valid, which then is reported.
    let read: @Sendable (Tree, Diagnostics) -> Value?

    init(_ expected: String, schema: JSON, read: @escaping @Sendable (Tree, Diagnostics) -> Value?) {
        self.expected = expected
        self.schema = schema
        self.read = read
    }

    /// A value written as one word or text.
    static func scalar(
        _ expected: String, schema: JSON, advice: (@Sendable (String) -> String?)? = nil,
        parse: @escaping @Sendable (Tree.Scalar) -> Value?
    ) -> Format {
        Format(expected, schema: schema) { tree, diagnostics in
            guard let scalar = tree.scalar, !scalar.isNull else {
                diagnostics.wrongType(tree, expected: expected)
                return nil
            }
            if let value = parse(scalar) { return value }
            let advice = advice?(scalar.text) ?? "Valid: \(expected)."
            diagnostics.report(
                "invalid-value", "\(quoted(scalar.text)) is not \(expected).", at: tree.location, advice: advice)
            return nil
        }
    }

    /// The same text form, with a meaning of its own.
    func map<Other>(_ transform: @escaping @Sendable (Value) -> Other) -> Format<Other> {
        Format<Other>(expected, schema: schema) { tree, diagnostics in read(tree, diagnostics).map(transform) }
    }

    /// A list of such values. All items are read, so that all errors are told.
    func list(orSingle: Bool = false, atLeast minimum: Int = 0, atMost maximum: Int? = nil) -> Format<[Value]> {
        let items: JSON = ["type": "array", "items": schema]
        let some = minimum > 0 ? items.adding("minItems", .integer(minimum)) : items
        let list = maximum.map { some.adding("maxItems", .integer($0)) } ?? some
        let expected = orSingle ? "\(expected), or a list of such" : "a list, each \(expected)"
        return Format<[Value]>(expected, schema: orSingle ? ["anyOf": [schema, list]] : list) { tree, diagnostics in
            guard let trees = tree.sequence else {
                if orSingle, !tree.isNull { return read(tree, diagnostics).map { [$0] } }
                diagnostics.wrongType(tree, expected: expected)
                return nil
            }
            guard trees.count >= minimum else {
                diagnostics.report(
                    "invalid-value", "The list is empty.", at: tree.location, advice: "Valid: \(expected).")
                return nil
            }
            if let maximum, trees.count > maximum {
                diagnostics.report(
                    "invalid-value", "The list has \(trees.count) entries.", at: tree.location,
                    advice: "Valid: at most \(maximum).")
                return nil
            }
            let values = trees.map { read($0, diagnostics) }
            return values.contains { $0 == nil } ? nil : values.compactMap(\.self)
        }
    }
}

extension Diagnostics {
    func wrongType(_ tree: Tree, expected: String) {
        report("wrong-type", "\(expected.sentenceStart) is wanted here, found \(tree.inWords).", at: tree.location)
    }
}

extension String {
    /// With its first letter in upper case.
    var sentenceStart: String { prefix(1).uppercased() + dropFirst() }
}
