import Fleet

/// Applies groups and defaults to the nodes of a draft.
struct InventoryResolution {
    private let draft: InventoryDraft
    private let diagnostics: Diagnostics
    /// The groups directly above each group.
    private var parents: [String: Set<String>] = [:]
    private var depths: [String: Int] = [:]
    private var direct: [String: Set<String>] = [:]

    static func inventory(_ draft: InventoryDraft, _ diagnostics: Diagnostics) -> Inventory {
        var resolution = InventoryResolution(draft: draft, diagnostics: diagnostics)
        resolution.linkGroups()
        resolution.linkMembers()
        let nodes = draft.order.compactMap { resolution.node($0) }
        resolution.checkAddresses(nodes)
        return Inventory(nodes: nodes)
    }

    private init(draft: InventoryDraft, diagnostics: Diagnostics) {
        self.draft = draft
        self.diagnostics = diagnostics
    }

    private mutating func linkGroups() {
        for (name, group) in draft.groups.sorted(by: { $0.key < $1.key }) {
            for child in group.children {
                guard draft.groups[child.name] != nil else {
                    reportUnknown(child, "group", draft.groups.keys.sorted())
                    continue
                }
                parents[child.name, default: []].insert(name)
            }
        }
        reportCycles()
        for name in draft.groups.keys { depths[name] = depth(name, []) }
    }

    /// A group that is its own ancestor.
    private func reportCycles() {
        for (name, group) in draft.groups.sorted(by: { $0.key < $1.key }) where ancestors(of: [name]).contains(name) {
            diagnostics.report(
                "group-cycle", "The group \(quoted(name)) contains itself.", at: group.location,
                advice: "Take it out of its children's children.")
        }
    }

    /// All groups above the given ones.
    private func ancestors(of names: Set<String>) -> Set<String> {
        var found: Set<String> = []
        var queue = Array(names)
        while let name = queue.popLast() {
            for parent in parents[name] ?? [] where found.insert(parent).inserted { queue.append(parent) }
        }
        return found
    }

    /// The longest way up; cycles are cut, they are refused anyway.
    private mutating func depth(_ name: String, _ below: Set<String>) -> Int {
        if let known = depths[name] { return known }
        guard below.count < 256, !below.contains(name) else { return 0 }
        let above = (parents[name] ?? []).map { depth($0, below.union([name])) }
        let result = name == "all" ? 0 : 1 + (above.max() ?? 0)
        depths[name] = result
        return result
    }

    private mutating func linkMembers() {
        for name in draft.order {
            for group in draft.nodes[name]?.groups ?? [] {
                if draft.groups[group.name] == nil, draft.nodes[name]?.mayRepeat == false {
                    reportUnknown(group, "group", draft.groups.keys.sorted())
                }
                direct[name, default: []].insert(group.name)
            }
        }
        for (name, group) in draft.groups.sorted(by: { $0.key < $1.key }) {
            for member in group.members {
                for pattern in (try? NameSet.expand(member.name)) ?? [] { link(pattern, member, to: name) }
            }
        }
    }

    private mutating func link(_ pattern: String, _ member: Mention, to group: String) {
        let isGlob = pattern.contains { $0 == "*" || $0 == "?" }
        let names =
            isGlob ? draft.order.filter { globMatches(pattern, $0) } : draft.nodes[pattern].map { _ in [pattern] } ?? []
        for name in names { direct[name, default: []].insert(group) }
        if names.isEmpty {
            reportUnknown(Mention(name: pattern, location: member.location), "node", draft.order)
        }
    }

    private func reportUnknown(_ mention: Mention, _ what: String, _ known: [String]) {
        let near = nearest(to: mention.name, in: known).map { "Did you mean \(quoted($0))?" }
        diagnostics.report(
            "unknown-\(what)", "There is no \(what) \(quoted(mention.name)).", at: mention.location,
            advice: near ?? "Describe it under \(what)s, or take it out here.")
    }

    private func node(_ name: String) -> Node? {
        guard let draft = draft.nodes[name], let nodeName = NodeName(name) else { return nil }
        let own = direct[name] ?? []
        let groups = own.union(ancestors(of: own))
        let settings = merged(draft, groups)
        let address = (settings.address ?? name).split(separator: "{name}", omittingEmptySubsequences: false)
        return Node(
            name: nodeName,
            connection: ConnectionSettings(
                address: address.joined(separator: name), port: settings.port, user: settings.user,
                identityFiles: settings.identityFiles ?? [], jumps: settings.jumps ?? [],
                become: settings.become ?? .no),
            labels: settings.labels, groups: groups.subtracting(["all", "ungrouped"]), cluster: settings.cluster)
    }

    /// Later ones win: defaults, groups from the outermost in, the node itself. Ansible's order, `group_vars` included.
    private func merged(_ node: InventoryDraft.Node, _ names: Set<String>) -> SettingsDraft {
        let groups = names.union(["all"]).compactMap { name in draft.groups[name].map { (name: name, group: $0) } }
        let sorted = groups.sorted {
            (depths[$0.name] ?? 0, $0.group.priority, $0.name) < (depths[$1.name] ?? 0, $1.group.priority, $1.name)
        }
        let layers =
            [node.defaults] + sorted.map(\.group.settings) + sorted.map(\.group.fileSettings)
            + [node.settings, node.fileSettings]
        return layers.reduce(SettingsDraft()) { $0.overridden(by: $1) }
    }

    /// Two nodes behind one door are most likely a mistake.
    private func checkAddresses(_ nodes: [Node]) {
        struct Door: Hashable {
            var address: String
            var port: UInt16?
            var jumps: [ConnectionSettings.JumpHost]
        }
        var seen: [Door: NodeName] = [:]
        for node in nodes {
            let connection = node.connection
            let door = Door(address: connection.address, port: connection.port, jumps: connection.jumps)
            if let other = seen[door] {
                diagnostics.warn(
                    "same-address", "\(node.name) and \(other) have the same address and port.",
                    at: draft.nodes[node.name.description]?.location,
                    advice: "Give each its own, unless they are one machine; then keep one of the two.")
            }
            seen[door] = node.name
        }
    }
}
