import Fleet

extension Format where Value == AdoptionSettings {
    /// One word for all kinds of findings, or a mapping of kinds to words.
    static var adoption: Format {
        let word = Format<AdoptionSettings.Choice>.word("what is done about findings")
        let all = Key("all", word, "For the kinds that are not named; report when left out.")
        let kinds = FindingCode.allCases.map { code in
            (code: code, key: Key(code.rawValue, code.isCleanable ? word : .leftToPeople))
        }
        let shape = Shape(name: "what is done about findings", keys: [all] + kinds.map(\.key))
        return Format("a word, or a mapping", schema: ["anyOf": [word.schema, shape.schema]]) { tree, diagnostics in
            if tree.scalar != nil { return word.read(tree, diagnostics).map { AdoptionSettings(usual: $0) } }
            guard tree.mapping != nil else {
                diagnostics.wrongType(tree, expected: "a word, or a mapping of kinds of findings to words")
                return nil
            }
            guard let fields = shape.open(tree, diagnostics) else { return nil }
            var settings = AdoptionSettings(usual: fields[all] ?? .report)
            for (code, key) in kinds { settings.choices[code] = fields[key] }
            return settings
        }
    }
}

extension Format where Value == AdoptionSettings.Choice {
    /// For findings that no edit of a settings file takes out.
    fileprivate static var leftToPeople: Format {
        .scalar(
            "report or keep", schema: ["enum": ["report", "keep"]],
            advice: { text in
                guard text == "clean" else { return nil }
                return "Programs of others are not taken out by this tool: read it, and remove it by hand."
            },
            parse: { scalar in
                guard let choice = AdoptionSettings.Choice(rawValue: scalar.text), choice != .clean else { return nil }
                return choice
            })
    }
}
