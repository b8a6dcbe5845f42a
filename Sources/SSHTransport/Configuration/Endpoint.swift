/// One hop of the way to a node, with everything decided: what the inventory says, then ssh_config, then defaults.
struct Endpoint: Hashable, Sendable {
    /// Where to connect: a name or an address.
    var host: String
    var port: UInt16
    var user: String
    /// What the host's key is recorded under.
    var recordName: KnownHostName
    var identities: Identities
    /// known_hosts files in the order they are read; `trust` writes to the first.
    var knownHostsFiles: [String]

    struct Identities: Hashable, Sendable {
        /// Private keys to try, in order.
        var files: [String]
        /// Somebody named these files, so they are tried before the agent and must exist.
        var areNamed: Bool
        /// `IdentitiesOnly`: of the agent's keys only those of `files` are offered.
        var isOnly: Bool
        var agentSocket: String?
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// The hops to a node, the outermost first; the last is the node itself.
typealias Route = [Endpoint]
