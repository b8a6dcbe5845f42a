import Fleet

/// Ansible's YAML inventories: groups with `hosts`, `vars` and `children`.
enum AnsibleYAML {
    private static let keys: Set<String> = ["hosts", "vars", "children"]

    /// Whether the top level is a mapping of groups. `nodes:` with `hosts:` in it is a group called nodes.
    static func isLikely(_ tree: Tree) -> Bool {
        guard let entries = tree.mapping, !entries.isEmpty else { return false }
        let own: Set<String> = ["nodes", "groups", "defaults"]
        if entries.contains(where: { own.contains($0.key) && !isGroup($0.value) }) { return false }
        return entries.contains { $0.key == "all" || isGroup($0.value) || $0.key == "plugin" }
    }

    private static func isGroup(_ tree: Tree) -> Bool {
        guard let entries = tree.mapping else { return false }
        return entries.contains { keys.contains($0.key) } && entries.allSatisfy { keys.contains($0.key) }
    }

    static func read(_ tree: Tree, into draft: inout InventoryDraft, _ diagnostics: Diagnostics) {
        if let plugin = tree["plugin"] {
            diagnostics.report(
                "dynamic", "This is the configuration of an Ansible inventory plugin, not an inventory.",
                at: plugin.location, advice: "Import the output of: ansible-inventory --list --yaml.")
            return
        }
        var reader = AnsibleGroups(diagnostics: diagnostics)
        for entry in tree.mapping ?? [] { reader.group(entry, into: &draft) }
    }
}

/// Walks nested groups.
struct AnsibleGroups {
    let diagnostics: Diagnostics

    mutating func group(_ entry: Tree.Entry, into draft: inout InventoryDraft) {
        var group = InventoryDraft.Group(location: entry.keyLocation)
        for part in entry.value.isNull ? [] : entries(entry.value, "the group \(quoted(entry.key))") {
            if part.value.isNull { continue }
            switch part.key {
            case "hosts":
                for host in hosts(part.value) {
                    AnsibleHosts.add(
                        host.key, host.value.isNull ? [] : entries(host.value, "the host \(quoted(host.key))"),
                        at: host.keyLocation, group: entry.key, into: &draft, diagnostics)
                }
            case "vars":
                let variables = AnsibleVariables.settings(
                    entries(part.value, "the variables of \(quoted(entry.key))"), diagnostics)
                group.settings = variables.settings
                group.priority = variables.priority
            case "children":
                for child in entries(part.value, "the children of \(quoted(entry.key))") {
                    if entry.key != "all" {
                        group.children.append(Mention(name: child.key, location: child.keyLocation))
                    }
                    self.group(child, into: &draft)
                }
            default: warnUnknown(part, entry.key)
            }
        }
        draft.extend(entry.key, group, diagnostics, mayRepeat: true)
    }

    /// `hosts: pve01` is allowed for a single host.
    private func hosts(_ tree: Tree) -> [Tree.Entry] {
        guard let scalar = tree.scalar else { return entries(tree, "hosts") }
        let nothing = Tree(content: .scalar(.init(text: "", isPlain: true)), location: tree.location)
        return [.init(key: scalar.text, keyLocation: tree.location, value: nothing)]
    }

    private func entries(_ tree: Tree, _ what: String) -> [Tree.Entry] {
        guard let entries = tree.mapping else {
            diagnostics.wrongType(tree, expected: "a mapping (\(what))")
            return []
        }
        return entries
    }

    private func warnUnknown(_ part: Tree.Entry, _ group: String) {
        let keys = ["hosts", "vars", "children"]
        let near = nearest(to: part.key, in: keys).map { "Did you mean \(quoted($0))? " } ?? ""
        diagnostics.warn(
            "ignored-key", "\(quoted(part.key)) in the group \(quoted(group)) is ignored.", at: part.keyLocation,
            advice: "\(near)Groups have hosts, vars and children.")
    }
}
