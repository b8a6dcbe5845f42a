import Fleet

/// One key of a mapping and what it holds.
struct Key<Value: Sendable>: Sendable {
    let name: String
    let format: Format<Value>
    /// One sentence for editors and for the reference.
    let summary: String
    let isRequired: Bool

    init(_ name: String, _ format: Format<Value>, _ summary: String = "", isRequired: Bool = false) {
        self.name = name
        self.format = format
        self.summary = summary
        self.isRequired = isRequired
    }
}

/// A key whatever it holds.
protocol AnyKey: Sendable {
    var name: String { get }
    var schema: JSON { get }
    var isRequired: Bool { get }
}

extension Key: AnyKey {
    var schema: JSON { summary.isEmpty ? format.schema : format.schema.adding("description", .string(summary)) }
}

/// A mapping with known keys. The one table from which it is read, checked and described.
struct Shape: Sendable {
    /// With its article: `a node`.
    let name: String
    let keys: [any AnyKey]
    /// Unknown keys that resemble no known one are let pass, and an optional key with nothing behind it counts as left out:
    /// for documents that other programs write.
    var isOpen = false

    var schema: JSON {
        let properties = keys.map { JSON.Member(key: $0.name, value: $0.schema) }
        let required = keys.filter(\.isRequired).map { JSON.string($0.name) }
        var schema: JSON = ["type": "object", "properties": .object(properties)]
        if !isOpen { schema = schema.adding("additionalProperties", false) }
        return required.isEmpty ? schema : schema.adding("required", .array(required))
    }

    /// The fields, after unknown and missing keys were reported; nil when it is no mapping.
    func open(_ tree: Tree, _ diagnostics: Diagnostics) -> Fields? {
        guard let entries = tree.mapping else {
            diagnostics.wrongType(tree, expected: "\(name) (a mapping)")
            return nil
        }
        let names = keys.map(\.name)
        for entry in entries where !names.contains(entry.key) { reportUnknown(entry, names, diagnostics) }
        for key in keys where key.isRequired && tree[key.name] == nil {
            diagnostics.report(
                "missing-key", "\(name.sentenceStart) needs the key \(quoted(key.name)).", at: tree.location)
        }
        return Fields(tree: tree, diagnostics: diagnostics, isOpen: isOpen)
    }

    private func reportUnknown(_ entry: Tree.Entry, _ names: [String], _ diagnostics: Diagnostics) {
        let near = nearest(to: entry.key, in: names)
        if isOpen && near == nil { return }
        let valid = "Valid keys: \(names.joined(separator: ", "))."
        diagnostics.report(
            "unknown-key", "\(quoted(entry.key)) is not a key of \(name).", at: entry.keyLocation,
            advice: near.map { "Did you mean \(quoted($0))? \(valid)" } ?? valid)
    }
}

/// The values of an opened mapping.
struct Fields {
    let tree: Tree
    let diagnostics: Diagnostics
    var isOpen = false

    /// The key's value; nil when it is not there, or not valid (reported).
    subscript<Value>(key: Key<Value>) -> Value? {
        guard let value = tree[key.name], !isOpen || key.isRequired || !value.isEmptyOrNull else { return nil }
        return key.format.read(value, diagnostics)
    }
}

extension Format {
    /// A mapping with known keys; `make` is not trusted with the errors, which are all reported by then.
    static func object(_ shape: Shape, make: @escaping @Sendable (Fields) -> Value?) -> Format {
        Format(shape.name, schema: shape.schema) { tree, diagnostics in
            shape.open(tree, diagnostics).flatMap(make)
        }
    }
}
