import Fleet

/// What Ansible's variables mean here. Others have no meaning and are named in a warning.
enum AnsibleVariables {
    static func settings(
        _ variables: [Tree.Entry], _ diagnostics: Diagnostics
    ) -> (settings: SettingsDraft, priority: Int) {
        var reader = AnsibleVariableReader(diagnostics: diagnostics)
        for variable in variables { reader.read(variable) }
        return (reader.settings, reader.priority)
    }

    /// A file of `group_vars` or `host_vars`; one that belongs to nobody is let pass, as Ansible does.
    static func read(_ file: VariableFile, into draft: inout InventoryDraft, _ diagnostics: Diagnostics) {
        guard let tree = YAMLTree.read(file.source.text, diagnostics) else { return }
        guard let entries = tree.mapping else {
            return diagnostics.wrongType(tree, expected: "a mapping of variables")
        }
        let found = settings(entries, diagnostics)
        switch file.owner {
        case .group(let name):
            if name == "all", draft.groups["all"] == nil {
                draft.groups["all"] = InventoryDraft.Group(location: tree.location)
            }
            guard let known = draft.groups[name] else { return }
            draft.groups[name]?.fileSettings = known.fileSettings.overridden(by: found.settings)
            draft.groups[name]?.priority = max(known.priority, found.priority)
        case .host(let name):
            guard let known = draft.nodes[name] else { return }
            draft.nodes[name]?.fileSettings = known.fileSettings.overridden(by: found.settings)
        }
    }
}

private struct AnsibleVariableReader {
    let diagnostics: Diagnostics
    var settings = SettingsDraft()
    var priority = 1

    mutating func read(_ variable: Tree.Entry) {
        let tree = variable.value
        switch variable.key {
        case "ansible_host", "ansible_ssh_host": settings.address = value(.host, tree)
        case "ansible_port", "ansible_ssh_port": settings.port = value(.port, unquoted(tree))
        case "ansible_user", "ansible_ssh_user": settings.user = value(.user, tree)
        case "ansible_ssh_private_key_file", "ansible_private_key_file":
            settings.identityFiles = value(Format<String>.path, tree).map { [$0] }
        case "ansible_become": settings.become = value(.become, unquoted(tree))
        case "ansible_ssh_common_args", "ansible_ssh_extra_args":
            guard let text = tree.scalar?.text, !text.isEmpty else { return }
            if let jumps = SSHArguments.jumps(text) { settings.jumps = jumps } else { warnArguments(variable) }
        case "ansible_group_priority": priority = value(.integer(0...1_000_000), unquoted(tree)) ?? 1
        case "vfiofleet_cluster": settings.cluster = value(.groupName("a cluster's name"), tree)
        case "vfiofleet_labels": settings.labels.merge(value(.labels, tree) ?? [:]) { $1 }
        case let name where name.hasPrefix("vfiofleet_label_"):
            settings.labels[String(name.dropFirst(16))] = value(.text("a label's value", limit: 256), tree)
        default: ignore(variable)
        }
    }

    /// Reads a known variable; Ansible's templates are not run, but for the host's own name.
    private func value<Value>(_ format: Format<Value>, _ tree: Tree) -> Value? {
        guard let scalar = tree.scalar, scalar.text.contains("{{") else { return format.read(tree, diagnostics) }
        var tree = tree
        let text = scalar.text.split(separator: "{{ inventory_hostname }}", omittingEmptySubsequences: false)
            .joined(separator: "{name}")
        tree.content = .scalar(.init(text: text, isPlain: scalar.isPlain))
        guard !text.contains("{{") else {
            diagnostics.report(
                "template", "\(quoted(scalar.text)) is an Ansible template, which is not run here.", at: tree.location,
                advice: "Write the value out, or import the output of: ansible-inventory --list --yaml.")
            return nil
        }
        return format.read(tree, diagnostics)
    }

    /// Ansible takes "22" and "yes" in quotes too.
    private func unquoted(_ tree: Tree) -> Tree {
        guard let scalar = tree.scalar else { return tree }
        return Tree(content: .scalar(.init(text: scalar.text, isPlain: true)), location: tree.location)
    }

    private func warnArguments(_ variable: Tree.Entry) {
        diagnostics.warn(
            "ignored-variable", "The SSH options in \(quoted(variable.key)) are ignored.", at: variable.keyLocation,
            advice: "Only jump hosts are taken over: -J HOST or -o ProxyJump=HOST. Others belong into ~/.ssh/config.")
    }

    private func ignore(_ variable: Tree.Entry) {
        let harmless = [
            "ansible_connection", "ansible_python_interpreter", "ansible_become_user", "ansible_become_method",
        ]
        if harmless.contains(variable.key), let text = variable.value.scalar?.text,
            ["ssh", "smart", "root", "sudo", ""].contains(text) || variable.key == "ansible_python_interpreter"
        {
            return
        }
        let isSecret = variable.key.hasSuffix("_pass") || variable.key.hasSuffix("_password")
        diagnostics.warn(
            "ignored-variable", "The variable \(quoted(variable.key)) has no meaning here and is ignored.",
            at: variable.keyLocation,
            advice: isSecret ? "Passwords are never stored: use a key, and sudo without a password." : nil)
    }
}

/// Jump hosts out of OpenSSH options.
enum SSHArguments {
    /// Nil unless the options name jump hosts and nothing else.
    static func jumps(_ text: String) -> [ConnectionSettings.JumpHost]? {
        guard let split = ShellWords.split(text) else { return nil }
        var words = split[...]
        var value: String?
        while let word = words.popFirst() {
            switch word {
            case "-J": value = words.popFirst()
            case "-o":
                guard let option = words.popFirst(), let jump = proxyJump(option) else { return nil }
                value = jump
            case _ where word.hasPrefix("-J"): value = String(word.dropFirst(2))
            case _ where word.hasPrefix("-o"):
                guard let jump = proxyJump(String(word.dropFirst(2))) else { return nil }
                value = jump
            default: return nil
            }
        }
        guard let value, value != "none" else { return value == nil ? nil : [] }
        let hosts = value.split(separator: ",").map { ConnectionSettings.JumpHost(text: String($0)) }
        return hosts.isEmpty || hosts.contains { $0 == nil } ? nil : hosts.compactMap(\.self)
    }

    private static func proxyJump(_ option: String) -> String? {
        let parts = option.split(maxSplits: 1) { $0 == "=" || $0 == " " }.map(String.init)
        guard parts.count == 2, parts[0].lowercased() == "proxyjump" else { return nil }
        return parts[1]
    }
}

/// Words as Python's `shlex.split(text, comments=True)` makes them, by which Ansible reads a host's line.
enum ShellWords {
    /// Nil when a quote is not closed, or nothing follows a backslash.
    static func split(_ text: String) -> [String]? {
        var words: [String] = []
        var current: String?
        var quote: Character?
        var rest = text[...]
        while let character = rest.popFirst() {
            switch (quote, character) {
            case (nil, " "), (nil, "\t"):
                if let word = current { words.append(word) }
                current = nil
            case (nil, "#"): rest = ""
            case (nil, "\""), (nil, "'"):
                quote = character
                current = current ?? ""
            case (let open?, _) where open == character: quote = nil
            case (nil, "\\"), ("\"", "\\"):
                guard let next = rest.popFirst() else { return nil }
                let isKept = quote != nil && next != "\"" && next != "\\"
                current = (current ?? "") + (isKept ? "\\" : "") + String(next)
            default: current = (current ?? "") + String(character)
            }
        }
        return quote == nil ? words + (current.map { [$0] } ?? []) : nil
    }
}
