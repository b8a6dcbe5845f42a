import Fleet

extension Format where Value == EvacuationSettings {
    /// One word for all guests, or a mapping with words for single ones.
    static var evacuation: Format {
        let word = Format<EvacuationSettings.Choice>.word("what becomes of a running guest")
        let usual = Key("default", word, "For the guests that are not named; leave when left out.")
        let timeout = Key(
            "timeout", Format<Int>.duration(1...86_400),
            "How long a guest may take to shut down, where its own startup: down= does not say; 3m when left out.")
        let force = Key("force-stop", .bool, "Stop a guest hard when it takes longer, instead of failing the node.")
        let otherwise = Key(
            "otherwise", Format<EvacuationSettings.Fallback>.word("what becomes of a guest that can't be migrated"),
            "For guests that are to be migrated and can't be; refuse when left out.")
        let keys: [any AnyKey] = [usual, timeout, force, otherwise]
        return Format("a word, or a mapping", schema: ["anyOf": [word.schema, schema(keys, word)]]) {
            tree, diagnostics in
            if tree.scalar != nil { return word.read(tree, diagnostics).map { EvacuationSettings(usual: $0) } }
            guard let entries = tree.mapping else {
                diagnostics.wrongType(tree, expected: "a word, or a mapping of guests' numbers to words")
                return nil
            }
            let fields = Fields(tree: tree, diagnostics: diagnostics)
            let names = keys.map(\.name)
            let exceptions = entries.filter { !names.contains($0.key) }.compactMap { entry in
                exception(entry, names, word, diagnostics)
            }
            let plain = EvacuationSettings()
            return EvacuationSettings(
                usual: fields[usual] ?? plain.usual, exceptions: exceptions,
                timeoutSeconds: fields[timeout] ?? plain.timeoutSeconds, forceStop: fields[force] ?? plain.forceStop,
                otherwise: fields[otherwise] ?? plain.otherwise)
        }
    }

    private static func schema(_ keys: [any AnyKey], _ word: Format<EvacuationSettings.Choice>) -> JSON {
        [
            "type": "object", "properties": .object(keys.map { JSON.Member(key: $0.name, value: $0.schema) }),
            "propertyNames": ["pattern": "^(default|timeout|force-stop|otherwise|[1-9][0-9]{2,8})$"],
            "additionalProperties": word.schema,
        ]
    }

    private static func exception(
        _ entry: Tree.Entry, _ names: [String], _ word: Format<EvacuationSettings.Choice>, _ diagnostics: Diagnostics
    ) -> EvacuationSettings.Exception? {
        let choice = word.read(entry.value, diagnostics)
        guard let vm = VMID(entry.key) else {
            let near = nearest(to: entry.key, in: names).map { "Did you mean \(quoted($0))? " } ?? ""
            diagnostics.report(
                "unknown-key", "\(quoted(entry.key)) is no guest's number, and no setting for guests.",
                at: entry.keyLocation,
                advice: "\(near)Valid: \(names.joined(separator: ", ")), or a number from 100 to 999999999.")
            return nil
        }
        return choice.map { .init(vm: vm, choice: $0) }
    }
}
