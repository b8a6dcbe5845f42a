#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `pveversion`
struct PVEVersionProgram {
    let node: ProxmoxNode

    func run(_ arguments: [String], _ console: inout Console) throws {
        let release = node.release
        let kernel = NodeStatus(node: node).kernelRelease
        let isVerbose = arguments.contains { ["-v", "--verbose", "-verbose"].contains($0) }
        guard isVerbose else {
            console.print("pve-manager/\(release.manager)/\(release.repository) (running kernel: \(kernel))\n")
            return
        }
        console.print("proxmox-ve: \(release.major).0 (running kernel: \(kernel))\n")
        console.print("pve-manager: \(release.manager) (running version: \(release.manager)/\(release.repository))\n")
        console.print("pve-qemu-kvm: \(release.qemu)-1\n")
    }
}

/// `pvecm status` and `pvecm nodes`
struct PVECMProgram {
    let node: ProxmoxNode

    private var membership: ClusterMembership { ClusterMembership(node: node) }

    func run(_ arguments: [String], _ console: inout Console) throws {
        guard let command = arguments.first, ["status", "nodes"].contains(command) else {
            throw ProxmoxFailure("ERROR: unknown command 'pvecm \(arguments.first ?? "")'")
        }
        guard membership.isCluster else {
            throw ProxmoxFailure(
                "Error: Corosync config '\(ClusterMembership.path)' does not exist - is this node part of a cluster?",
                exitCode: 2)
        }
        command == "status" ? status(&console) : nodes(&console)
    }

    private func heading(_ title: String) -> String {
        "\(title)\n\(String(repeating: "-", count: title.count))\n"
    }

    private func rows(_ fields: [(String, String)]) -> String {
        fields.map { padded(right: $0.0 + ":", 17) + " \($0.1)\n" }.joined()
    }

    private func status(_ console: inout Console) {
        let membership = membership
        let online = membership.members.filter { membership.isOnline($0.name) }
        let own = membership.members.first { $0.name == node.name }
        console.print(heading("Cluster information"))
        console.print(
            rows([
                ("Name", membership.setting("cluster_name") ?? ""),
                ("Config Version", membership.setting("config_version") ?? "1"), ("Transport", "knet"),
                ("Secure auth", "on"),
            ]) + "\n")
        console.print(heading("Quorum information"))
        console.print(
            rows([
                ("Date", date(node.now())), ("Quorum provider", "corosync_votequorum"), ("Nodes", String(online.count)),
                ("Node ID", identifier(own?.id ?? 0)), ("Ring ID", "1.\(String(online.count * 4 + 1, radix: 16))"),
                ("Quorate", membership.isQuorate ? "Yes" : "No"),
            ]) + "\n")
        console.print(heading("Votequorum information"))
        console.print(
            rows([
                ("Expected votes", String(membership.expectedVotes)),
                ("Highest expected", String(membership.expectedVotes)),
                ("Total votes", String(membership.presentVotes)),
                ("Quorum", String(membership.quorum) + (membership.isQuorate ? "" : " Activity blocked")),
                ("Flags", membership.isQuorate ? "Quorate" : ""),
            ]) + "\n")
        console.print(heading("Membership information") + "    Nodeid      Votes Name\n")
        for member in online {
            let local = member.name == node.name ? " (local)" : ""
            console.print(
                "\(identifier(member.id)) \(padded(left: String(member.votes), 10)) \(member.address)\(local)\n")
        }
    }

    private func nodes(_ console: inout Console) {
        console.print("\n" + heading("Membership information") + "    Nodeid      Votes Name\n")
        for member in membership.members where membership.isOnline(member.name) {
            let local = member.name == node.name ? " (local)" : ""
            console.print(
                "\(padded(left: String(member.id), 10)) \(padded(left: String(member.votes), 10)) \(member.name)\(local)\n"
            )
        }
    }

    private func identifier(_ id: Int) -> String {
        let digits = String(id, radix: 16)
        return "0x" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}

/// `ha-manager`
struct HAManagerProgram {
    let node: ProxmoxNode

    func run(_ arguments: [String], _ console: inout Console) throws {
        switch arguments.first {
        case "status": status(&console)
        case "config":
            for service in HAState(node: node).services { console.print("\(service.id)\n\tstate \(service.state)\n\n") }
        case "crm-command": try command(Array(arguments.dropFirst()), &console)
        case "add", "set", "remove": try change(arguments)
        default: throw ProxmoxFailure("ERROR: unknown command 'ha-manager \(arguments.first ?? "")'")
        }
    }

    private func status(_ console: inout Console) {
        let state = HAState(node: node)
        let time = date(node.now())
        console.print(ClusterMembership(node: node).isQuorate ? "quorum OK\n" : "quorum No quorum!\n")
        let services = state.services
        let nodes = Set(services.map(state.node)).union(state.maintenance).sorted()
        guard !nodes.isEmpty else { return }
        console.print("master \(nodes[0]) (active, \(time))\n")
        for name in nodes {
            let mode = state.maintenance.contains(name) ? "maintenance mode" : "active"
            console.print("lrm \(name) (\(mode), \(time))\n")
        }
        for service in services {
            console.print("service \(service.id) (\(state.node(of: service)), \(service.state))\n")
        }
    }

    private func command(_ words: [String], _ console: inout Console) throws {
        guard words.count == 3, words[0] == "node-maintenance", ["enable", "disable"].contains(words[1]) else {
            throw ProxmoxFailure(
                "400 not enough arguments\nha-manager crm-command node-maintenance enable|disable <node>", exitCode: 2)
        }
        let known = node.files.list("/etc/pve/nodes")
        guard words[2] == node.name || known.contains(words[2]) else {
            throw ProxmoxFailure("cannot set maintenance state of unknown node '\(words[2])'")
        }
        node.files.makeDirectories("/etc/pve/ha")
        try node.files.append("\(words[1])-node-maintenance \(words[2])\n", to: HAState.commands)
        guard words[2] == node.name else { return }
        let moves = HAMoves(node: node)
        words[1] == "enable" ? try moves.clear(&console) : try moves.bringBack(&console)
    }

    private func change(_ arguments: [String]) throws {
        guard arguments.count > 1 else { throw ProxmoxFailure("400 not enough arguments", exitCode: 2) }
        let id = arguments[1].contains(":") ? arguments[1] : "vm:\(arguments[1])"
        var services = HAState(node: node).services
        let isKnown = services.contains { $0.id == id }
        if arguments[0] == "add" && isKnown { throw ProxmoxFailure("resource ID '\(id)' already defined") }
        if arguments[0] != "add" && !isKnown { throw ProxmoxFailure("no such resource '\(id)'") }
        services.removeAll { $0.id == id }
        if arguments[0] != "remove" {
            let index = arguments.firstIndex { $0 == "--state" || $0 == "-state" }
            let state = index.flatMap { arguments.dropFirst($0 + 1).first } ?? "started"
            services.append(HAState.Service(id: id, state: state))
        }
        HAState(node: node).write(services)
    }
}

/// `Tue Sep 14 11:06:47 2021`, in the node's time zone.
private func date(_ seconds: Int) -> String {
    var moment = time_t(seconds)
    var parts = tm()
    localtime_r(&moment, &parts)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let two = { (number: Int32) in (number < 10 ? "0" : "") + String(number) }
    let time = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    let day = padded(left: String(parts.tm_mday), 2)
    return "\(days[Int(parts.tm_wday) % 7]) \(months[Int(parts.tm_mon) % 12]) \(day) \(time) \(parts.tm_year + 1900)"
}
