import Fleet

/// The keys of our own inventory files.
enum InventoryKeys {
    static let address = Key(
        "address", .host, "Host name or address; {name} stands for the node's name, which is the default.")
    static let port = Key("port", Format<UInt16>.port, "The port of sshd.")
    static let user = Key("user", .user, "The login.")
    static let identity = Key(
        "identity-file", Format<String>.path.list(orSingle: true), "Private keys, tried in order; ~/ is your home.")
    static let jump = Key(
        "jump", Format<ConnectionSettings.JumpHost>.jumpHost.list(orSingle: true),
        "Hosts to go through, outermost first: [user@]host[:port].")
    static let become = Key("become", .become, "sudo when the login is not root (runs sudo -n).")
    static let labels = Key("labels", .labels, "Words to select nodes by: label:KEY=VALUE.")
    static let cluster = Key("cluster", .groupName("a cluster's name"), "The Proxmox cluster the node is in.")

    static let settings: [any AnyKey] = [address, port, user, identity, jump, become, labels, cluster]

    static let groups = Key(
        "groups", Format<Mention>.mention(.groupName("a group's name")).list(), "Groups the node is in.")
    static let node = Shape(name: "a node", keys: settings + [groups])

    static let members = Key(
        "members", Format<Mention>.mention(.members).list(), "Nodes by name, range (pve[01-08]) or glob (pve*).")
    static let children = Key(
        "children", Format<Mention>.mention(.groupName("a group's name")).list(),
        "Groups whose nodes are in this group too.")
    static let group = Shape(name: "a group", keys: [members, children] + settings)

    static let defaults = Key(
        "defaults", Format.object(Shape(name: "the defaults", keys: settings)) { $0.settings },
        "Settings of all nodes of this file.")
    static let allGroups = Key(
        "groups",
        Format<InventoryDraft.Group>.group.mapping(
            "groups by name", key: "a group's name (letters, digits, “.”, “-”, “_”; not all)",
            keyPattern: "^(?!all$)" + NameRules.groupPattern.dropFirst(), isKey: NameRules.isGroup),
        "Groups by name.")
    static let nodes = Key(
        "nodes",
        Format<InventoryDraft.Node>.node.mapping(
            "nodes by name", key: "a node's name, or names such as pve[01-08]",
            keyPattern: NameRules.nodesPattern,
            isKey: { (try? NameSet.expand($0))?.allSatisfy { NodeName($0) != nil } ?? false }),
        "Nodes by name; brackets hold ranges: pve[01-08].")
    static let document = Shape(name: "an inventory", keys: [defaults, allGroups, nodes])
}

extension Fields {
    /// The settings that nodes, groups and defaults share.
    var settings: SettingsDraft {
        SettingsDraft(
            address: self[InventoryKeys.address], port: self[InventoryKeys.port], user: self[InventoryKeys.user],
            identityFiles: self[InventoryKeys.identity], jumps: self[InventoryKeys.jump],
            become: self[InventoryKeys.become], labels: self[InventoryKeys.labels] ?? [:],
            cluster: self[InventoryKeys.cluster])
    }
}

extension Format where Value == InventoryDraft.Node {
    static var node: Format {
        let object = Format.object(InventoryKeys.node) {
            InventoryDraft.Node(
                settings: $0.settings, groups: $0[InventoryKeys.groups] ?? [], location: $0.tree.location)
        }
        return object.orEmpty(InventoryDraft.Node(location: SourceLocation(file: "")))
    }
}

extension Format where Value == InventoryDraft.Group {
    static var group: Format {
        let object = Format.object(InventoryKeys.group) {
            InventoryDraft.Group(
                settings: $0.settings, members: $0[InventoryKeys.members] ?? [],
                children: $0[InventoryKeys.children] ?? [], location: $0.tree.location)
        }
        return object.orEmpty(InventoryDraft.Group(location: SourceLocation(file: "")))
    }
}
