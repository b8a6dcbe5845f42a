/// An ssh_config file: blocks of options for hosts that match (ssh_config(5)).
///
/// Understood: Host with `!`, Match all|host|originalhost|user|localuser, Include, HostName, Port, User, IdentityFile,
/// IdentitiesOnly, IdentityAgent, ProxyJump, ProxyCommand (to refuse it), UserKnownHostsFile, GlobalKnownHostsFile,
/// HostKeyAlias. Other options are passed over. A Match with another criterion (`exec` above all) never applies.
struct SSHConfig: Sendable {
    indirect enum Entry: Sendable {
        case host([HostPattern])
        case match([Criterion])
        case include([Entry])
        case option(keyword: String, arguments: [String])
    }

    struct Criterion: Sendable {
        enum Subject: Sendable { case all, host, originalHost, user, localUser, unsupported }
        var subject: Subject
        var patterns: [HostPattern]
        var isNegated: Bool
    }

    /// Who asks: what conditions look at.
    struct Query: Sendable {
        var host: String
        var user: String?
        var localUser: String
    }

    var entries: [Entry]

    /// What the file says for one host. The first value of an option counts; identity files add up.
    func options(for query: Query) -> SSHConfigOptions {
        var options = SSHConfigOptions()
        Self.apply(entries, to: &options, query)
        return options
    }

    private static func apply(_ entries: [Entry], to options: inout SSHConfigOptions, _ query: Query) {
        var applies = true
        for entry in entries {
            switch entry {
            case .host(let patterns): applies = HostPattern.list(patterns, matches: query.host)
            case .match(let criteria): applies = criteria.allSatisfy { $0.holds(query, options) }
            case .include(let included): if applies { apply(included, to: &options, query) }
            case .option(let keyword, let arguments): if applies { options.set(keyword, arguments) }
            }
        }
    }
}

extension SSHConfig.Criterion {
    fileprivate func holds(_ query: SSHConfig.Query, _ options: SSHConfigOptions) -> Bool {
        guard let value = value(query, options) else { return false }
        return (subject == .all || HostPattern.list(patterns, matches: value)) != isNegated
    }

    /// What the criterion looks at; nil when it can't be decided, and the block is then passed over.
    private func value(_ query: SSHConfig.Query, _ options: SSHConfigOptions) -> String? {
        switch subject {
        case .all: ""
        case .host: options.hostName ?? query.host
        case .originalHost: query.host
        case .user: query.user ?? options.user ?? query.localUser
        case .localUser: query.localUser
        case .unsupported: nil
        }
    }
}

/// The options of one host, as far as they are understood.
struct SSHConfigOptions: Hashable, Sendable {
    var hostName: String?
    var port: UInt16?
    var user: String?
    var identityFiles: [String] = []
    var identitiesOnly: Bool?
    var identityAgent: String?
    var proxy: Proxy?
    var userKnownHostsFiles: [String]?
    var globalKnownHostsFiles: [String]?
    var hostKeyAlias: String?

    /// ProxyJump and ProxyCommand exclude each other: the first counts.
    enum Proxy: Hashable, Sendable {
        case direct
        case jump(String)
        case command(String)
    }

    mutating func set(_ keyword: String, _ arguments: [String]) {
        guard let value = arguments.first else { return }
        switch keyword {
        case "hostname": hostName = hostName ?? value
        case "port": port = port ?? UInt16(value)
        case "user": user = user ?? value
        case "identityfile": identityFiles.append(value)
        case "identitiesonly": identitiesOnly = identitiesOnly ?? (value.lowercased() == "yes")
        case "identityagent": identityAgent = identityAgent ?? value
        case "proxyjump": proxy = proxy ?? (value.lowercased() == "none" ? .direct : .jump(value))
        case "proxycommand":
            proxy = proxy ?? (value.lowercased() == "none" ? .direct : .command(arguments.joined(separator: " ")))
        case "userknownhostsfile": userKnownHostsFiles = userKnownHostsFiles ?? arguments
        case "globalknownhostsfile": globalKnownHostsFiles = globalKnownHostsFiles ?? arguments
        case "hostkeyalias": hostKeyAlias = hostKeyAlias ?? value
        default: break
        }
    }

    /// Fills what is not set from a later file.
    func completed(by later: SSHConfigOptions) -> SSHConfigOptions {
        var options = self
        options.hostName = hostName ?? later.hostName
        options.port = port ?? later.port
        options.user = user ?? later.user
        options.identityFiles += later.identityFiles
        options.identitiesOnly = identitiesOnly ?? later.identitiesOnly
        options.identityAgent = identityAgent ?? later.identityAgent
        options.proxy = proxy ?? later.proxy
        options.userKnownHostsFiles = userKnownHostsFiles ?? later.userKnownHostsFiles
        options.globalKnownHostsFiles = globalKnownHostsFiles ?? later.globalKnownHostsFiles
        options.hostKeyAlias = hostKeyAlias ?? later.hostKeyAlias
        return options
    }
}
