import Foundation

@testable import Documents

/// Judges a document by a JSON Schema, as an editor does: scalars typed by YAML 1.2's core schema.
///
/// Knows the keywords our schemas use, and refuses to judge by any other.
struct SchemaValidator {
    private static let known: Set<String> = [
        "$schema", "title", "description", "type", "properties", "required", "additionalProperties", "propertyNames",
        "items", "minItems", "maxItems", "enum", "pattern", "minLength", "minimum", "maximum", "anyOf", "oneOf", "not",
    ]

    struct UnknownKeyword: Error { var keyword: String }

    static func accepts(_ tree: Tree, _ schema: JSON) throws -> Bool {
        guard case .object(let members) = schema else {
            if case .bool(let verdict) = schema { return verdict }
            throw UnknownKeyword(keyword: "\(schema)")
        }
        for member in members {
            guard known.contains(member.key) else { throw UnknownKeyword(keyword: member.key) }
            if try !accepts(tree, member.key, member.value, schema) { return false }
        }
        return true
    }

    private static func accepts(_ tree: Tree, _ keyword: String, _ value: JSON, _ schema: JSON) throws -> Bool {
        switch (keyword, value) {
        case ("type", .string(let type)): return isType(tree, type)
        case ("type", .array(let types)):
            return types.contains { if case .string(let t) = $0 { isType(tree, t) } else { false } }
        case ("enum", .array(let values)): return values.contains { equals(tree, $0) }
        case ("anyOf", .array(let choices)): return try choices.contains { try accepts(tree, $0) }
        case ("oneOf", .array(let choices)): return try choices.filter { try accepts(tree, $0) }.count == 1
        case ("not", _): return try !accepts(tree, value)
        case ("items", _): return try (tree.sequence ?? []).allSatisfy { try accepts($0, value) }
        case ("minItems", .integer(let minimum)): return tree.sequence.map { $0.count >= minimum } ?? true
        case ("maxItems", .integer(let maximum)): return tree.sequence.map { $0.count <= maximum } ?? true
        case ("minLength", .integer(let minimum)): return text(tree).map { $0.count >= minimum } ?? true
        case ("minimum", .integer(let minimum)): return number(tree).map { $0 >= Double(minimum) } ?? true
        case ("maximum", .integer(let maximum)): return number(tree).map { $0 <= Double(maximum) } ?? true
        case ("pattern", .string(let pattern)): return try text(tree).map { try matches($0, pattern) } ?? true
        case ("required", .array(let names)):
            guard let entries = tree.mapping else { return true }
            return names.allSatisfy { name in entries.contains { .string($0.key) == name } }
        case ("properties", .object(let properties)):
            return try properties.allSatisfy { property in
                try tree[property.key].map { try accepts($0, property.value) } ?? true
            }
        case ("propertyNames", _):
            return try (tree.mapping ?? []).allSatisfy { try matches($0.key, value["pattern"]) }
        case ("additionalProperties", _):
            let named: Set<String> =
                if case .object(let members)? = schema["properties"] { Set(members.map(\.key)) } else { [] }
            return try (tree.mapping ?? []).allSatisfy { try named.contains($0.key) || accepts($0.value, value) }
        default: return true
        }
    }

    private static func matches(_ text: String, _ pattern: JSON?) throws -> Bool {
        guard case .string(let pattern)? = pattern else { return true }
        return try matches(text, pattern)
    }

    private static func matches(_ text: String, _ pattern: String) throws -> Bool {
        let expression = try NSRegularExpression(pattern: pattern)
        return expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil
    }

    private static func isType(_ tree: Tree, _ type: String) -> Bool {
        switch tree.content {
        case .mapping: type == "object"
        case .sequence: type == "array"
        case .scalar(let scalar): scalarTypes(scalar).contains(type)
        }
    }

    private static func scalarTypes(_ scalar: Tree.Scalar) -> Set<String> {
        guard scalar.isPlain else { return ["string"] }
        if scalar.isNull { return ["null"] }
        if ["true", "false", "True", "False", "TRUE", "FALSE"].contains(scalar.text) { return ["boolean"] }
        if integer(scalar.text) != nil { return ["integer", "number"] }
        return (try? matches(scalar.text, "^[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?$")) == true
            ? ["number"] : ["string"]
    }

    private static func integer(_ text: String) -> Double? {
        if text.hasPrefix("0x") { return UInt64(text.dropFirst(2), radix: 16).map(Double.init) }
        if text.hasPrefix("0o") { return UInt64(text.dropFirst(2), radix: 8).map(Double.init) }
        return (try? matches(text, "^[-+]?[0-9]+$")) == true ? Double(text) : nil
    }

    private static func number(_ tree: Tree) -> Double? {
        guard let scalar = tree.scalar, scalarTypes(scalar).contains("number") else { return nil }
        return integer(scalar.text) ?? Double(scalar.text)
    }

    private static func text(_ tree: Tree) -> String? {
        tree.scalar.flatMap { scalarTypes($0) == ["string"] ? $0.text : nil }
    }

    private static func equals(_ tree: Tree, _ value: JSON) -> Bool {
        switch value {
        case .string(let text): self.text(tree) == text
        case .integer(let number): self.number(tree) == Double(number)
        case .bool(let value): isType(tree, "boolean") && tree.scalar?.text.lowercased() == String(value)
        default: false
        }
    }
}
