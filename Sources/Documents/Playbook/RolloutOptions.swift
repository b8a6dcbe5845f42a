public import Fleet

/// One setting of a roll-out as a command line has it: a key of a playbook's `rollout:` and the text given for it.
public struct RolloutOption: Sendable {
    public var key: String
    public var text: String

    /// `key`: such as `max-unavailable`; `per-label` takes `LABEL=NUMBER`, and may be there several times.
    public init(_ key: String, _ text: String) {
        self.key = key
        self.text = text
    }
}

extension RolloutSettings {
    /// With what the options say, which are read as a playbook's values are. `batch` and `max-unavailable` take each
    /// other's place; `confirm-within` follows `return-within` where it did before and is not given itself.
    ///
    /// - Throws: everything that is wrong, with codes `option-…`; the place is the option.
    public func changed(by options: [RolloutOption]) throws(InvalidDocument) -> RolloutSettings {
        guard !options.isEmpty else { return self }
        let diagnostics = Diagnostics(file: "the command line", kind: "option")
        let given = Set(options.map(\.key))
        let kept = (YAMLTree.read(encoded.yaml, diagnostics)?.mapping ?? []).filter { entry in
            !given.contains(entry.key) && !isReplaced(entry.key, given)
        }
        let place = SourceLocation(file: "the command line")
        let tree = Tree(content: .mapping(kept + Self.entries(options, diagnostics)), location: place)
        let settings = Format<RolloutSettings>.rollout.read(tree, diagnostics)
        try diagnostics.throwErrors()
        return settings ?? self
    }

    private func isReplaced(_ key: String, _ given: Set<String>) -> Bool {
        switch key {
        case "batch": given.contains("max-unavailable")
        case "max-unavailable": given.contains("batch")
        case "confirm-within":
            given.contains("return-within") && confirmWithinSeconds == max(returnWithinSeconds, 5)
        default: false
        }
    }

    private static func entries(_ options: [RolloutOption], _ diagnostics: Diagnostics) -> [Tree.Entry] {
        var entries: [Tree.Entry] = []
        var labels: [Tree.Entry] = []
        for option in options {
            guard option.key == "per-label" else {
                entries.append(entry(option.key, option.text, of: option.key))
                continue
            }
            guard let equals = option.text.lastIndex(of: "=") else {
                let place = SourceLocation(file: "--per-label")
                diagnostics.report(
                    "invalid-value", "\(quoted(option.text)) is not LABEL=NUMBER.", at: place,
                    advice: "Valid: --per-label rack=1.")
                continue
            }
            let number = option.text[option.text.index(after: equals)...]
            labels.append(entry(String(option.text[..<equals]), String(number), of: option.key))
        }
        guard !labels.isEmpty else { return entries }
        let place = SourceLocation(file: "--per-label")
        let mapping = Tree(content: .mapping(labels), location: place)
        return entries + [Tree.Entry(key: "per-label", keyLocation: place, value: mapping)]
    }

    private static func entry(_ key: String, _ text: String, of option: String) -> Tree.Entry {
        let place = SourceLocation(file: "--\(option)")
        let value = Tree(content: .scalar(Tree.Scalar(text: text, isPlain: true)), location: place)
        return Tree.Entry(key: key, keyLocation: place, value: value)
    }
}
