import Fleet

/// One entry of a mapping whose keys are free.
struct NamedValue<Value: Sendable>: Sendable {
    var name: String
    var location: SourceLocation
    var value: Value
}

extension Format {
    /// A mapping of free keys to values of this format.
    /// - Parameter isKey: the same set of keys as `keyPattern`, which is for editors.
    func mapping(
        _ expected: String, key: String, keyPattern: String, isKey: @escaping @Sendable (String) -> Bool
    ) -> Format<[NamedValue<Value>]> {
        let schema: JSON = [
            "type": "object", "propertyNames": ["pattern": .string(keyPattern)], "additionalProperties": self.schema,
        ]
        return Format<[NamedValue<Value>]>(expected, schema: schema) { tree, diagnostics in
            guard let entries = tree.mapping else {
                diagnostics.wrongType(tree, expected: expected)
                return nil
            }
            return entries.compactMap { entry in
                if !isKey(entry.key) {
                    diagnostics.report(
                        "invalid-value", "\(quoted(entry.key)) is not \(key).", at: entry.keyLocation)
                }
                return read(entry.value, diagnostics).map {
                    NamedValue(name: entry.key, location: entry.keyLocation, value: $0)
                }
            }
        }
    }

    /// The same, or nothing after the colon, which stands for `empty`.
    func orEmpty(_ empty: Value) -> Format {
        Format(expected, schema: ["anyOf": [schema, ["type": "null"]]]) { tree, diagnostics in
            tree.isNull ? empty : read(tree, diagnostics)
        }
    }
}
