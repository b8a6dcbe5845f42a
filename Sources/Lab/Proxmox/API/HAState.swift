/// High availability as its files in `/etc/pve/ha` tell it. No manager runs here: what is asked for is done at once.
struct HAState {
    struct Service {
        /// `vm:100`
        let id: String
        let state: String
    }

    let node: ProxmoxNode

    static let resources = "/etc/pve/ha/resources.cfg"
    static let commands = "/etc/pve/ha/crm_commands"

    var services: [Service] {
        var services: [(id: String, state: String)] = []
        for line in (node.files.text(Self.resources) ?? "").split(separator: "\n") {
            if let match = line.wholeMatch(of: /(vm|ct):\s*(\d+)\s*/) {
                services.append(("\(match.1):\(match.2)", "started"))
            } else if let match = line.wholeMatch(of: /\s+state\s+(\S+)\s*/), !services.isEmpty {
                services[services.count - 1].state = String(match.1)
            }
        }
        return services.map { Service(id: $0.id, state: $0.state) }
    }

    /// Whether high availability manages a service, which then is asked for the state instead. Nobody waits for a manager
    /// here: what is asked for is done.
    func takes(_ id: String, _ state: String) -> Bool {
        guard services.contains(where: { $0.id == id && $0.state != "ignored" }) else { return false }
        write(services.map { $0.id == id ? Service(id: id, state: state) : $0 })
        return true
    }

    func write(_ services: [Service]) {
        let text = services.map { "\($0.id.replacing(":", with: ": "))\n\tstate \($0.state)\n\n" }.joined()
        node.files.makeDirectories("/etc/pve/ha")
        try? node.files.replace(Self.resources, with: Array(text.utf8))
    }

    func node(of service: Service) -> String {
        let vmid = service.id.split(separator: ":").last.map(String.init) ?? ""
        return GuestStore(node: node).clusterGuests[vmid]?.node ?? node.name
    }

    /// The nodes in maintenance: for each the last command counts.
    var maintenance: Set<String> {
        var nodes: Set<String> = []
        for line in (node.files.text(Self.commands) ?? "").split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 2 else { continue }
            if words[0] == "enable-node-maintenance" { nodes.insert(words[1]) }
            if words[0] == "disable-node-maintenance" { nodes.remove(words[1]) }
        }
        return nodes
    }

    /// Services that are counted as active on a node: `stopped` and `ignored` ones are not.
    func activeServices(on name: String) -> [Service] {
        services.filter { node(of: $0) == name && !["stopped", "disabled", "ignored"].contains($0.state) }
    }

    /// As PVE::API2::HA::Status puts it together from the manager's and the nodes' own status.
    var managerStatus: JSON {
        let (services, time) = (services.filter { $0.state != "ignored" }, JSON.number(node.now()))
        let quorum: JSON = .object([
            "node": .string(node.name), "quorate": .number(ClusterMembership(node: node).isQuorate ? 1 : 0),
        ])
        // A manager that has nothing to look after never writes any.
        guard !services.isEmpty else { return .object(["manager_status": .object([:]), "quorum": quorum]) }
        let known = node.files.list("/etc/pve/nodes")
        let (names, away) = (known.isEmpty ? [node.name] : known, maintenance)
        func each(_ names: [String], _ value: (String) -> JSON) -> JSON {
            .object(Dictionary(names.map { ($0, value($0)) }, uniquingKeysWith: { a, _ in a }))
        }
        let status: [String: JSON] = [
            "master_node": .string(names[0]), "timestamp": time,
            "node_status": each(names) { .string(away.contains($0) ? "maintenance" : "online") },
            "node_request": each(Array(away)) { _ in .object(["maintenance": .number(1)]) },
            "service_status": each(services.map(\.id)) { id in
                let service = services.first { $0.id == id } ?? Service(id: id, state: "started")
                return .object([
                    "node": .string(node(of: service)), "state": .string(service.state), "uid": .string("lab"),
                ])
            },
        ]
        return .object([
            "manager_status": .object(status), "quorum": quorum,
            "lrm_status": each(names) {
                .object([
                    "mode": .string(away.contains($0) ? "maintenance" : "active"), "state": .string("active"),
                    "results": .object([:]), "timestamp": time,
                ])
            },
        ])
    }

    var current: JSON {
        let quorum = ClusterMembership(node: node).isQuorate
        var rows: [JSON] = [
            .object([
                "id": .string("quorum"), "type": .string("quorum"), "node": .string(node.name),
                "quorate": .number(quorum ? 1 : 0), "status": .string(quorum ? "OK" : "No quorum!"),
            ])
        ]
        rows += services.map { service in
            .object([
                "id": .string("service:\(service.id)"), "type": .string("service"), "sid": .string(service.id),
                "node": .string(node(of: service)), "state": .string(service.state),
                "crm_state": .string(service.state), "request_state": .string(service.state),
                "status": .string("\(service.id) (\(node(of: service)), \(service.state))"),
            ])
        }
        return .array(rows)
    }
}
