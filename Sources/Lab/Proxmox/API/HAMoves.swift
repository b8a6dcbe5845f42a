/// What the manager does with a node's services when its maintenance is switched: they go to another member, and come back.
/// Members see only their own files here, so at the other one nothing is started.
struct HAMoves {
    let node: ProxmoxNode

    /// The services that came from this node, as the manager's `maintenance_node` notes it.
    private static let moved = "/etc/pve/ha/maintenance_moves"

    /// One with a device of the node's own can't be migrated: the manager tries for ever.
    func clear(_ console: inout Console) throws {
        guard let target else { return }
        for service in HAState(node: node).activeServices(on: node.name) where !isPinned(service) {
            try? end(service.id, &console)
            guard move(service.id, from: node.name, to: target) else { continue }
            try node.files.append("\(service.id)\n", to: Self.moved)
        }
    }

    func bringBack(_ console: inout Console) throws {
        let ids = (node.files.text(Self.moved) ?? "").split(separator: "\n").map(String.init)
        node.files.remove(Self.moved)
        for id in ids {
            guard let place = GuestStore(node: node).clusterGuests[number(id)]?.node,
                move(id, from: place, to: node.name)
            else { continue }
            try? start(id, &console)
        }
    }

    private var target: String? {
        let membership = ClusterMembership(node: node)
        return membership.members.map(\.name).first { $0 != node.name && membership.isOnline($0) }
    }

    private func number(_ id: String) -> String { id.split(separator: ":").last.map(String.init) ?? "" }
    private func isContainer(_ id: String) -> Bool { id.hasPrefix("ct:") }

    private func path(_ id: String, on name: String) -> String {
        "/etc/pve/nodes/\(name)/\(isContainer(id) ? "lxc" : "qemu-server")/\(number(id)).conf"
    }

    private func isPinned(_ service: HAState.Service) -> Bool {
        let text = node.files.text(path(service.id, on: node.name)) ?? ""
        return text.split(separator: "\n").contains { $0.hasPrefix("hostpci") }
    }

    private func move(_ id: String, from: String, to: String) -> Bool {
        let (old, new) = (path(id, on: from), path(id, on: to))
        guard let bytes = node.files.bytes(old) else { return false }
        node.files.makeDirectories(String(new.prefix(upTo: new.lastIndex(of: "/") ?? new.endIndex)))
        guard (try? node.files.replace(new, with: bytes)) != nil else { return false }
        return node.files.remove(old)
    }

    private func end(_ id: String, _ console: inout Console) throws {
        if isContainer(id) { return ContainerProcess(node: node, vmid: number(id)).end() }
        try GuestCommands(node: node).stop(Parameters(values: ["vmid": number(id)]), &console)
    }

    private func start(_ id: String, _ console: inout Console) throws {
        if isContainer(id) { return try ContainerProcess(node: node, vmid: number(id)).start() }
        try GuestCommands(node: node).start(Parameters(values: ["vmid": number(id)]), &console)
    }
}
