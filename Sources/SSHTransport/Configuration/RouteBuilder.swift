import Fleet

/// Decides the hops to a node: the inventory's settings win, then ssh_config, then the defaults.
struct RouteBuilder {
    /// Why there is no route: a sentence and what to do.
    struct Problem: Error {
        var message: String
        var advice: String
    }

    var settings: SSHSettings
    /// The ssh_config files, the first has precedence.
    var configurations: [SSHConfig]

    func route(_ connection: ConnectionSettings) throws(Problem) -> Route {
        let target = ConnectionSettings.JumpHost(
            address: connection.address, port: connection.port, user: connection.user)
        let options = options(for: target)
        let jumps = try connection.jumps.isEmpty ? jumps(options, of: target.address) : connection.jumps
        return try hops(before: jumps, connection.identityFiles, depth: 0) + [
            endpoint(target, options, named: connection.identityFiles)
        ]
    }

    /// Jump hosts may have jump hosts of their own in ssh_config; only the first of a list can.
    private func hops(
        before jumps: [ConnectionSettings.JumpHost], _ named: [String], depth: Int
    ) throws(Problem) -> Route {
        guard let first = jumps.first else { return [] }
        guard depth < 8 else {
            throw Problem(
                message: "The jump host \(first.address) is reached through itself, or through more than 8 others.",
                advice: "Correct ProxyJump in ssh_config, or give the node's jump hosts in the inventory.")
        }
        var route: Route = []
        for (index, jump) in jumps.enumerated() {
            let options = options(for: jump)
            if index == 0 { route = try hops(before: self.jumps(options, of: jump.address), named, depth: depth + 1) }
            route.append(endpoint(jump, options, named: options.identityFiles.isEmpty ? named : []))
        }
        return route
    }

    private func options(for host: ConnectionSettings.JumpHost) -> SSHConfigOptions {
        let query = SSHConfig.Query(host: host.address, user: host.user, localUser: settings.user)
        return configurations.map { $0.options(for: query) }.reduce(SSHConfigOptions()) { $0.completed(by: $1) }
    }

    private func jumps(_ options: SSHConfigOptions, of host: String) throws(Problem) -> [ConnectionSettings.JumpHost] {
        switch options.proxy {
        case nil, .direct: return []
        case .jump(let list): return try list.split(separator: ",").map(Self.jumpHost)
        case .command(let command):
            throw Problem(
                message:
                    "ssh_config sets a ProxyCommand for \(host) (\(printable(command))), and no programs are run for a connection.",
                advice: "Use ProxyJump in ssh_config, or give the node's jump hosts in the inventory.")
        }
    }

    /// `[user@]host[:port]`, with an IPv6 address in brackets; an `ssh://` before it is taken too.
    static func jumpHost(_ text: Substring) throws(Problem) -> ConnectionSettings.JumpHost {
        var rest = text.hasPrefix("ssh://") ? text.dropFirst(6) : text
        var user: String?
        if let at = rest.lastIndex(of: "@") {
            user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        var host = rest
        var port: Substring?
        if rest.hasPrefix("["), let close = rest.firstIndex(of: "]") {
            host = rest[rest.index(after: rest.startIndex)..<close]
            let after = rest[rest.index(after: close)...]
            port = after.hasPrefix(":") ? after.dropFirst() : nil
        } else if let colon = rest.firstIndex(of: ":"), rest.lastIndex(of: ":") == colon {
            host = rest[..<colon]
            port = rest[rest.index(after: colon)...]
        }
        let number = port.map { UInt16($0) }
        guard !host.isEmpty, number != .some(nil) else {
            throw Problem(
                message: "'\(printable(String(text)))' is no jump host.",
                advice: "Write it as [user@]host[:port], for example root@bastion.example.org:2222.")
        }
        return .init(address: String(host), port: number ?? nil, user: user)
    }
}
