/// The options and arguments that one command takes.
struct CommandShape: Sendable {
    /// Printed after errors: `qm set <vmid> [OPTIONS]`
    let usage: String
    /// Options and positional arguments by name
    var schema: [String: PropertySchema]
    var positional: [String] = []
}

/// Checked parameters of a command.
struct Parameters {
    var values: [String: String] = [:]
    /// Values of options that may be given several times and are kept apart
    var lists: [String: [String]] = [:]

    subscript(name: String) -> String? { values[name] }
    func isSet(_ name: String) -> Bool { values[name] == "1" }
}

/// Reads a command line as `PVE::JSONSchema::get_options` does with Getopt::Long: options anywhere, one or two hyphens,
/// names in any case and shortened as long as one option fits, `--name=value` or the value as the next word.
struct OptionParser {
    private let shape: CommandShape
    private var values: [String: [String]] = [:]
    private var positional: [String] = []
    private var problems: [String] = []

    /// Throws `ParameterFailure` with what Proxmox prints; `console` gets the messages of Getopt.
    static func parse(_ arguments: [String], _ shape: CommandShape, _ console: inout Console) throws -> Parameters {
        var parser = Self(shape: shape)
        parser.read(arguments)
        for problem in parser.problems { console.warn(problem + "\n") }
        if !parser.problems.isEmpty { throw ParameterFailure(summary: "unable to parse option") }
        return try parser.parameters()
    }

    private init(shape: CommandShape) { self.shape = shape }

    private mutating func read(_ arguments: [String]) {
        var rest = arguments[...]
        while let word = rest.popFirst() {
            if word == "--" {
                positional += rest
                return
            }
            guard word.hasPrefix("-"), word != "-" else {
                positional.append(word)
                continue
            }
            let parts = word.drop { $0 == "-" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            readOption(String(parts.first ?? ""), value: parts.count > 1 ? String(parts[1]) : nil, &rest)
        }
    }

    private mutating func readOption(_ name: String, value: String?, _ rest: inout ArraySlice<String>) {
        guard let name = resolve(name), let schema = shape.schema[name] else { return }
        if let value {
            values[name, default: []].append(value)
        } else if schema.kind == .boolean {
            let isNextValue = rest.first.map { !$0.hasPrefix("-") } ?? false
            values[name, default: []].append(isNextValue ? rest.removeFirst() : "")
        } else if let next = rest.popFirst() {
            values[name, default: []].append(next)
        } else {
            problems.append("Option \(name) requires an argument")
        }
    }

    private mutating func resolve(_ name: String) -> String? {
        let lower = name.lowercased()
        let names = shape.schema.keys
        if let exact = names.first(where: { $0 == name }) ?? names.first(where: { $0.lowercased() == lower }) {
            return exact
        }
        let candidates = names.filter { $0.lowercased().hasPrefix(lower) }.sorted()
        if candidates.count == 1 { return candidates[0] }
        problems.append(
            candidates.isEmpty
                ? "Unknown option: \(name)" : "Option \(name) is ambiguous (\(candidates.joined(separator: ", ")))")
        return nil
    }
}

// MARK: - Arguments and checks

extension OptionParser {
    private func parameters() throws -> Parameters {
        var result = Parameters()
        for (name, given) in values {
            let schema = shape.schema[name]
            if schema?.kind == .array {
                result.lists[name] = given
            } else if schema?.format?.isList == true {
                result.values[name] = given.joined(separator: ",")
            } else {
                result.values[name] = given.last
            }
        }
        try assignPositional(&result)
        try normalizeBooleans(&result)
        try shape.verify(result)
        return result
    }

    private func assignPositional(_ result: inout Parameters) throws {
        if positional.count > shape.positional.count { throw ParameterFailure(summary: "too many arguments") }
        for (name, value) in zip(shape.positional, positional) { result.values[name] = value }
        for name in shape.positional.dropFirst(positional.count) where shape.schema[name]?.isOptional == false {
            if result.values[name] == nil { throw ParameterFailure(summary: "not enough arguments") }
        }
    }

    private func normalizeBooleans(_ result: inout Parameters) throws {
        for (name, value) in result.values where shape.schema[name]?.kind == .boolean {
            guard let boolean = value.isEmpty ? true : perlBoolean(value) else {
                throw ParameterFailure(summary: "unable to parse boolean option")
            }
            result.values[name] = boolean ? "1" : "0"
        }
    }
}

extension CommandShape {
    /// Checks all values against the schema and reports every problem at once.
    func verify(_ parameters: Parameters) throws {
        var errors: [String: String] = [:]
        for (name, schema) in schema {
            if let value = parameters.values[name] {
                schema.check(value, path: name, &errors)
            } else if let list = parameters.lists[name] {
                for (index, value) in list.enumerated() { schema.check(value, path: "\(name)[\(index)]", &errors) }
            } else if !schema.isOptional {
                errors[name] = "property is missing and it is not optional"
            }
        }
        if !errors.isEmpty { throw ParameterFailure(errors: errors) }
    }
}
