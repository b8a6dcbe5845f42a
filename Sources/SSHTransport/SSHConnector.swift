public import Fleet
public import Remote

/// Connects to nodes over SSH: strict about host keys, by key only, through jump hosts.
///
/// One reactor thread serves all connections of a connector; name look-ups, key files and the agent have threads of
/// their own. Everything is released with the connector and the shells it opened.
public final class SSHConnector: RemoteConnector {
    let settings: SSHSettings
    let loop = EventLoop(name: "ssh")
    let files: LocalFiles
    private let agent = AgentThread()
    private let dialer: Dialer
    private let jumps: JumpPool

    public init(_ settings: SSHSettings) {
        self.settings = settings
        files = LocalFiles(settings)
        dialer = Dialer(loop: loop, resolver: NameResolver(on: loop))
        jumps = JumpPool(on: loop)
    }

    public func connect(
        to node: NodeName, with settings: ConnectionSettings
    ) async throws(RemoteFailure) -> any RemoteShell {
        let route = try await files.route(for: node, settings)
        let connection = try await open(route, node: node, isJump: false)
        return settings.become == .sudo ? SudoShell(connection, node: node) : connection
    }

    /// Connects to the last hop of `route` and logs in.
    func open(_ route: Route, node: NodeName, isJump: Bool) async throws(RemoteFailure) -> SSHConnection {
        guard let endpoint = route.last else {
            throw RemoteFailure(
                .settingsInvalid, node: node, "There is no way to \(node).",
                advice: "Give its address in the inventory.")
        }
        let site = Site(node: node, endpoint: endpoint, isJump: isJump)
        let known = await files.knownHosts(in: endpoint.knownHostsFiles)
        let algorithms = HostKeyAlgorithms.preferring(known.lines(for: endpoint.recordName).map(\.key.type))
        let connection = try await handshake(site, route, algorithms)
        try await connection.checkHostKey(known)
        try await connection.logIn(files, agent, within: settings.limits.login)
        return connection
    }

    /// A connection whose server has proven its host key, which nobody has checked yet.
    func handshake(_ site: Site, _ route: Route, _ algorithms: [String]) async throws(RemoteFailure) -> SSHConnection {
        let carrier = try await carrier(of: route, site)
        let descriptor =
            if let carrier { try await carrier.forward(to: site, within: settings.limits.connect) } else {
                try await dialer.dial(site, within: settings.limits.connect)
            }
        let options = SessionOptions(
            host: site.endpoint.host, user: site.endpoint.user, hostKeyAlgorithms: algorithms)
        guard let session = Session.open(descriptor, options) else {
            throw site.failure(
                .settingsInvalid, "libssh refused the settings for \(site.place).",
                advice: "Check the node's address and user, and that libssh is 0.10 or later.")
        }
        let connection = SSHConnection(session, to: site, through: carrier, on: loop)
        try await connection.shakeHands(within: settings.limits.handshake)
        return connection
    }

    private func carrier(of route: Route, _ site: Site) async throws(RemoteFailure) -> SSHConnection? {
        guard route.count > 1 else { return nil }
        let hops = Route(route.dropLast())
        let limit = (settings.limits.connect + settings.limits.handshake + settings.limits.login) * hops.count
        return try await jumps.connection(
            for: hops, to: site, within: limit
        ) { [self] () async throws(RemoteFailure) in try await open(hops, node: site.node, isJump: true) }
    }
}
