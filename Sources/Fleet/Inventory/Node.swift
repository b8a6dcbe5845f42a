/// One node as the operator describes it.
public struct Node: Hashable, Sendable, Codable {
    public var name: NodeName
    public var connection: ConnectionSettings
    public var labels: [String: String]
    public var groups: Set<String>
    /// The Proxmox cluster it belongs to, as the operator names it.
    public var cluster: String?

    public init(
        name: NodeName, connection: ConnectionSettings, labels: [String: String] = [:],
        groups: Set<String> = [], cluster: String? = nil
    ) {
        self.name = name
        self.connection = connection
        self.labels = labels
        self.groups = groups
        self.cluster = cluster
    }

    /// Groups in order: the same node is the same text each time.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(connection, forKey: .connection)
        try container.encode(labels, forKey: .labels)
        try container.encode(groups.sorted(), forKey: .groups)
        try container.encodeIfPresent(cluster, forKey: .cluster)
    }
}

/// How a node is reached. What is nil here comes from `~/.ssh/config` and then from the usual defaults.
public struct ConnectionSettings: Hashable, Sendable, Codable {
    /// A host name or address.
    public var address: String
    public var port: UInt16?
    public var user: String?
    /// Paths of private keys, tried in order; a leading `~/` is the operator's home directory.
    public var identityFiles: [String]
    /// Hosts to go through, the outermost first.
    public var jumps: [JumpHost]
    public var become: Become

    /// How commands get root's rights on the node.
    public enum Become: String, Hashable, Sendable, Codable, CaseIterable {
        /// The login already is root.
        case no
        /// `sudo -n`: never asks for a password.
        case sudo
    }

    public struct JumpHost: Hashable, Sendable, Codable {
        public var address: String
        public var port: UInt16?
        public var user: String?

        public init(address: String, port: UInt16? = nil, user: String? = nil) {
            self.address = address
            self.port = port
            self.user = user
        }
    }

    public init(
        address: String, port: UInt16? = nil, user: String? = nil, identityFiles: [String] = [],
        jumps: [JumpHost] = [], become: Become = .no
    ) {
        self.address = address
        self.port = port
        self.user = user
        self.identityFiles = identityFiles
        self.jumps = jumps
        self.become = become
    }
}

/// The inventory as read from its files: nodes with groups and defaults already applied, in the files' order.
public struct Inventory: Hashable, Sendable, Codable {
    public var nodes: [Node]

    public init(nodes: [Node] = []) { self.nodes = nodes }
}
