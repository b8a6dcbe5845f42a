import Fleet

/// Settings of a node, a group or a file's defaults, as far as they are given.
struct SettingsDraft: Equatable, Sendable {
    var address: String?
    var port: UInt16?
    var user: String?
    var identityFiles: [String]?
    var jumps: [ConnectionSettings.JumpHost]?
    var become: ConnectionSettings.Become?
    var labels: [String: String] = [:]
    var cluster: String?

    /// What `other` gives replaces what is here; labels one by one.
    func overridden(by other: SettingsDraft) -> SettingsDraft {
        SettingsDraft(
            address: other.address ?? address, port: other.port ?? port, user: other.user ?? user,
            identityFiles: other.identityFiles ?? identityFiles, jumps: other.jumps ?? jumps,
            become: other.become ?? become, labels: labels.merging(other.labels) { $1 },
            cluster: other.cluster ?? cluster)
    }
}

/// A name where it was written.
struct Mention: Hashable, Sendable {
    var name: String
    var location: SourceLocation
}

/// An inventory before groups and defaults are applied; several files make one.
struct InventoryDraft: Sendable {
    struct Group: Sendable {
        var settings = SettingsDraft()
        /// From `group_vars`, which weigh more than anything the inventory itself gives to groups.
        var fileSettings = SettingsDraft()
        /// Names of nodes, which may be ranges or globs.
        var members: [Mention] = []
        var children: [Mention] = []
        /// Among groups of one depth the greater wins.
        var priority = 1
        var location: SourceLocation
    }

    struct Node: Sendable {
        /// Of the file the node stands in.
        var defaults = SettingsDraft()
        var settings = SettingsDraft()
        /// From `host_vars`.
        var fileSettings = SettingsDraft()
        var groups: [Mention] = []
        var location: SourceLocation
        /// Ansible lets a host stand in many places; our own files name each node once.
        var mayRepeat = false
    }

    var groups: [String: Group] = [:]
    var nodes: [String: Node] = [:]
    /// The nodes in the order in which they were first named.
    var order: [String] = []

    mutating func add(_ name: String, _ node: Node, _ diagnostics: Diagnostics) {
        guard let known = nodes[name] else {
            nodes[name] = node
            order.append(name)
            return
        }
        guard known.mayRepeat, node.mayRepeat else {
            diagnostics.report(
                "duplicate-node", "\(quoted(name)) is already described at \(known.location).", at: node.location,
                advice: "Keep one of the two.")
            return
        }
        nodes[name]?.settings = known.settings.overridden(by: node.settings)
        nodes[name]?.groups += node.groups
    }

    /// Adds what another place says about a group.
    mutating func extend(_ name: String, _ group: Group, _ diagnostics: Diagnostics, mayRepeat: Bool) {
        guard let known = groups[name] else {
            groups[name] = group
            return
        }
        if !mayRepeat, known.settings != SettingsDraft(), group.settings != SettingsDraft() {
            diagnostics.report(
                "duplicate-group", "\(quoted(name)) already has settings at \(known.location).", at: group.location,
                advice: "Give a group's settings in one place; members may stand in several files.")
        }
        groups[name]?.settings = known.settings.overridden(by: group.settings)
        groups[name]?.members += group.members
        groups[name]?.children += group.children
        groups[name]?.priority = max(known.priority, group.priority)
    }
}
