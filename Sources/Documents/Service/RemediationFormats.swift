import Fleet

extension Format where Value == Remediation {
    private static var mode: Format<Remediation.Mode> { .word("what is done about drift") }

    /// A word for all rules, or one for each.
    static var remediation: Format {
        let rules = RuleID.all.map { rule in Key(rule.description, mode, "") }
        let each = Format.object(Shape(name: "what is done about each rule", keys: rules)) { fields in
            let modes = zip(RuleID.all, rules).compactMap { rule, key in fields[key].map { (rule, $0) } }
            return Remediation(rules: Dictionary(modes, uniquingKeysWith: { first, _ in first }))
        }
        return Format(
            "never, propose or apply, or a mapping of rules to these", schema: ["anyOf": [mode.schema, each.schema]]
        ) { tree, diagnostics in
            guard tree.mapping == nil else { return each.read(tree, diagnostics) }
            return mode.read(tree, diagnostics).map { Remediation(usual: $0) }
        }
    }
}

extension Format where Value == KeptConnectionLimits {
    static var keptConnections: Format {
        let most = Key(
            "keep", .integer(0...65_536, "connections"),
            "So many stay open from one look to the next; 0 = each look opens its own.")
        let idle = Key("idle", Format<Int>.duration(1...86_400), "One that nobody has used for so long is closed.")
        return .object(Shape(name: "the connections to nodes", keys: [most, idle])) { fields in
            let usual = KeptConnectionLimits()
            return KeptConnectionLimits(
                most: fields[most] ?? usual.most, idleSeconds: fields[idle] ?? usual.idleSeconds)
        }
    }
}

extension Format where Value == Retention {
    static var retention: Format {
        let days = Key("days", .integer(1...36_500, "days"), "What ended longer ago is forgotten.")
        let megabytes = Key(
            "megabytes", .integer(16...1_048_576, "MiB"),
            "Where the database is larger, the oldest is forgotten before its days are over.")
        return .object(Shape(name: "the retention", keys: [days, megabytes])) { fields in
            let usual = Retention()
            return Retention(days: fields[days] ?? usual.days, megabytes: fields[megabytes] ?? usual.megabytes)
        }
    }
}
