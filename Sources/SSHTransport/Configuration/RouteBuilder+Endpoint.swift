import Fleet

extension RouteBuilder {
    func endpoint(
        _ host: ConnectionSettings.JumpHost, _ options: SSHConfigOptions, named: [String]
    ) -> Endpoint {
        let user = host.user ?? options.user ?? settings.user
        let port = host.port ?? options.port ?? 22
        let name = options.hostName.map { expand($0, ["h": host.address]) } ?? host.address
        let tokens = ["h": name, "n": host.address, "p": "\(port)", "r": user, "u": settings.user, "d": settings.home]
        return Endpoint(
            host: name, port: port, user: user,
            recordName: options.hostKeyAlias.map { KnownHostName(host: $0, port: 22) }
                ?? KnownHostName(host: name, port: port),
            identities: identities(options, named: named, tokens),
            knownHostsFiles: knownHostsFiles(options, tokens))
    }

    private func identities(
        _ options: SSHConfigOptions, named: [String], _ tokens: [String: String]
    ) -> Endpoint.Identities {
        let chosen = named.isEmpty ? options.identityFiles : named
        let files = chosen.filter { $0.lowercased() != "none" }.map { path($0, tokens) }
        return Endpoint.Identities(
            files: chosen.isEmpty ? settings.defaultIdentities : files, areNamed: !chosen.isEmpty,
            isOnly: options.identitiesOnly ?? false, agentSocket: agentSocket(options, tokens))
    }

    private func agentSocket(_ options: SSHConfigOptions, _ tokens: [String: String]) -> String? {
        switch options.identityAgent {
        case nil, "SSH_AUTH_SOCK": settings.agentSocket
        case let agent? where agent.lowercased() == "none": nil
        case let agent?: path(agent, tokens)
        }
    }

    private func knownHostsFiles(_ options: SSHConfigOptions, _ tokens: [String: String]) -> [String] {
        var files = [settings.knownHostsFile]
        if options.userKnownHostsFiles == nil, options.globalKnownHostsFiles == nil {
            files += settings.otherKnownHostsFiles
        } else {
            let users = options.userKnownHostsFiles ?? ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]
            let global = options.globalKnownHostsFiles ?? ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
            files += (users + global).filter { $0.lowercased() != "none" }.map { path($0, tokens) }
        }
        return files
    }

    private func path(_ text: String, _ tokens: [String: String]) -> String {
        let text = expand(text, tokens)
        return text.hasPrefix("~/") ? settings.home + text.dropFirst() : text
    }

    /// `%h` and its like; a token that is not known stays as it is.
    private func expand(_ text: String, _ tokens: [String: String]) -> String {
        var result = ""
        var rest = text[...]
        while let percent = rest.firstIndex(of: "%") {
            result += rest[..<percent]
            rest = rest[rest.index(after: percent)...]
            guard let letter = rest.popFirst() else { return result + "%" }
            result += letter == "%" ? "%" : tokens[String(letter)] ?? "%\(letter)"
        }
        return result + rest
    }
}
