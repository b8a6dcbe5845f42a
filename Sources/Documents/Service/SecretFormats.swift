import Fleet

extension Format where Value == SecretText {
    /// Where a secret is kept. Written into the configuration it would be in every copy of that.
    static var secret: Format {
        let file = Key("file", Format<String>.text("a file's path"), "The file that holds it.")
        let variable = Key(
            "environment",
            Format<String>.scalar(
                "the name of an environment variable",
                schema: ["type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]{0,127}$"]
            ) { $0.text.isVariableName ? $0.text : nil }, "The environment variable that holds it.")
        let shape = Shape(name: "where a secret is kept", keys: [file, variable])
        return Format.object(shape) { fields in
            fields[file].map { .file($0) } ?? fields[variable].map { .environment($0) }
        }.withOne(of: [file.name, variable.name]).unquoted("a secret stands")
    }

    /// An address, as it is or where it is kept.
    static var address: Format {
        let plain = Format<String>.scalar(
            "an address that begins with http:// or https://",
            schema: ["type": "string", "pattern": "^https?://[^\\s/]\\S{0,4000}$"]
        ) { scalar in
            let rest = ["http://", "https://"].lazy.compactMap { start in
                scalar.text.hasPrefix(start) ? scalar.text.dropFirst(start.count) : nil
            }.first
            guard let rest, let first = rest.first, first != "/", (1...4001).contains(rest.unicodeScalars.count),
                !rest.unicodeScalars.contains(where: \.properties.isWhitespace)
            else { return nil }
            return scalar.text
        }
        return Format(
            "an address, or where it is kept", schema: ["anyOf": [plain.schema, secret.schema]]
        ) { tree, diagnostics in
            guard tree.mapping == nil else { return secret.read(tree, diagnostics) }
            let quiet = Diagnostics(file: diagnostics.file, kind: diagnostics.kind)
            if let address = plain.read(tree, quiet) { return .plain(address) }
            diagnostics.reportUnquoted("invalid-value", tree, "what is no address stands", plain.expected)
            return nil
        }
    }
}

extension Format {
    /// Whatever else than a mapping stands there may be the secret itself, and errors end in logs.
    fileprivate func unquoted(_ found: String) -> Format {
        Format(expected, schema: schema) { tree, diagnostics in
            guard tree.mapping == nil else { return read(tree, diagnostics) }
            diagnostics.reportUnquoted("wrong-type", tree, found, expected)
            return nil
        }
    }
}

extension Diagnostics {
    fileprivate func reportUnquoted(_ code: String, _ tree: Tree, _ found: String, _ expected: String) {
        report(
            code, "\(expected.sentenceStart) is wanted here, and \(found) there.", at: tree.location,
            advice: "Write “file: PATH” or “environment: NAME”, and keep the secret there.")
    }
}

extension String {
    fileprivate var isVariableName: Bool {
        let isWord: (Character) -> Bool = { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        return (1...128).contains(utf8.count) && allSatisfy(isWord) && first.map { !$0.isNumber } ?? false
    }
}

extension Format {
    /// Exactly one of these keys is there.
    func withOne(of keys: [String]) -> Format {
        let choices = keys.map { JSON.object([.init(key: "required", value: [.string($0)])]) }
        return Format(expected, schema: schema.adding("oneOf", .array(choices))) { tree, diagnostics in
            let there = keys.filter { tree[$0] != nil }
            if tree.mapping != nil, there.count != 1 {
                let found =
                    there.isEmpty ? "none is there" : "\(there.map(quoted).joined(separator: " and ")) are there"
                diagnostics.report(
                    there.isEmpty ? "missing-key" : "conflicting-keys",
                    "\(expected.sentenceStart) needs exactly one of \(keys.map(quoted).joined(separator: ", ")): \(found).",
                    at: tree.location)
            }
            return read(tree, diagnostics)
        }
    }
}
