import Fleet

extension Format where Value == Mention {
    /// A name that must be found elsewhere, with its place for the error when it is not.
    static func mention(_ name: Format<String>) -> Format {
        Format(name.expected, schema: name.schema) { tree, diagnostics in
            name.read(tree, diagnostics).map { Mention(name: $0, location: tree.location) }
        }
    }
}

extension Format where Value == String {
    static var host: Format {
        .scalar("a host name or address", schema: text(NameRules.hostPattern)) {
            NameRules.isHost($0.text) ? $0.text : nil
        }
    }

    static var user: Format {
        .scalar("a user's name", schema: text(NameRules.userPattern)) { NameRules.isUser($0.text) ? $0.text : nil }
    }

    /// A file's path.
    static var path: Format {
        .scalar("a path", schema: ["type": ["string", "number", "boolean"], "minLength": 1]) {
            $0.text.isEmpty || $0.text.utf8.contains(0) ? nil : $0.text
        }
    }

    static func groupName(_ what: String) -> Format {
        .scalar("\(what) (letters, digits, “.”, “-”, “_”)", schema: text(NameRules.groupPattern)) {
            NodeName($0.text) == nil ? nil : $0.text
        }
    }

    /// Nodes of a group: a name, range or glob.
    static var members: Format {
        let schema = text("^[A-Za-z0-9*?\\[][A-Za-z0-9._,*?\\[\\]-]*$")
        return .scalar("a node's name, a range (pve[01-08]) or a glob (pve*)", schema: schema) { scalar in
            (try? NameSet.expand(scalar.text)) == nil || scalar.text.contains(where: { ":/ !&()".contains($0) })
                ? nil : scalar.text
        }
    }

    /// Words of digits alone are numbers to editors.
    private static func text(_ pattern: String) -> JSON {
        ["type": ["string", "number"], "pattern": .string(pattern)]
    }
}

extension Format where Value == UInt16 {
    static var port: Format { Format<Int>.integer(1...65_535, "a port").map { UInt16(clamping: $0) } }
}

extension Format where Value == ConnectionSettings.JumpHost {
    static var jumpHost: Format {
        .scalar(
            "a jump host such as admin@bastion:22",
            schema: ["type": ["string", "number"], "pattern": .string(NameRules.jumpPattern)],
            parse: { ConnectionSettings.JumpHost(text: $0.text) })
    }
}

extension Format where Value == ConnectionSettings.Become {
    /// `sudo`, or a truth value as people know it from Ansible.
    static var become: Format {
        .scalar("sudo or no", schema: ["enum": ["sudo", true, false, "yes", "no", "on", "off"]]) { scalar in
            if scalar.text == "sudo" { return .sudo }
            return scalar.isPlain ? truthValue(scalar.text).map { $0 ? .sudo : .no } : nil
        }
    }
}

extension Format where Value == [String: String] {
    static var labels: Format {
        let pairs = Format<String>.text("a label's value", limit: 256).mapping(
            "labels (KEY: value)", key: "a label's name", keyPattern: NameRules.labelPattern, isKey: NameRules.isLabel)
        return Format(pairs.expected, schema: pairs.schema) { tree, diagnostics in
            pairs.read(tree, diagnostics).map { pairs in
                Dictionary(pairs.map { ($0.name, $0.value) }) { first, _ in first }
            }
        }
    }
}
