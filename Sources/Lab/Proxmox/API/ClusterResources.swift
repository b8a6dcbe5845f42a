/// What the cluster knows of its guests, nodes and storages. Without `pvestatd` it knows little more than that they exist.
struct ClusterResources {
    let call: APICall

    private var node: ProxmoxNode { call.node }

    /// `pvestatd` writes its process here when it runs.
    private var hasStatistics: Bool { node.files.exists("/run/pvestatd.pid") }

    func list(_ console: inout Console) -> JSON {
        let type = call.parameters["type"]
        var rows: [JSON] = []
        if type ?? "vm" == "vm" { rows += guests(&console) }
        if type ?? "node" == "node" { rows += nodeNames.map { .object(nodeRow($0)) } }
        if type ?? "storage" == "storage" { rows += Storages.load(node.files).names.map { storage($0) } }
        if type ?? "sdn" == "sdn" { rows.append(network) }
        return .array(rows)
    }

    private var nodeNames: [String] {
        let known = node.files.list("/etc/pve/nodes")
        return known.isEmpty ? [node.name] : known
    }

    private func guests(_ console: inout Console) -> [JSON] {
        let store = call.guests.store
        return store.clusterGuests.sorted { ($0.key.utf8.count, $0.key) < ($1.key.utf8.count, $1.key) }.map {
            vmid, guest in
            let kind = guest.kind == "VM" ? "qemu" : "lxc"
            var fields: [String: JSON] = [
                "id": .string("\(kind)/\(vmid)"), "node": .string(guest.node), "status": .string("unknown"),
                "type": .string(kind), "vmid": .number(Int(vmid) ?? 0),
            ]
            if hasStatistics, guest.node == node.name, kind == "qemu",
                let status = try? call.guests.status(of: vmid, &console)
            {
                fields.merge(statistics(status)) { $1 }
            }
            return .object(fields)
        }
    }

    private func statistics(_ status: GuestStatus) -> [String: JSON] {
        var fields: [String: JSON] = [
            "maxcpu": .number(status.processors), "maxdisk": .number(status.bootDiskSize),
            "maxmem": .number(status.memory), "name": .string(status.name), "status": .string(status.state),
            "template": .number(status.options["template"] == "1" ? 1 : 0),
        ]
        for name in ["cpu", "disk", "diskread", "diskwrite", "mem", "netin", "netout", "uptime"] {
            fields[name] = .number(0)
        }
        for name in ["tags", "lock"] { fields[name] = status.options[name].map(JSON.string) }
        return fields
    }

    private func nodeRow(_ name: String) -> [String: JSON] {
        var fields: [String: JSON] = [
            "id": .string("node/\(name)"), "node": .string(name), "type": .string("node"), "status": .string("unknown"),
        ]
        guard hasStatistics else { return fields }
        let isOnline = ClusterMembership(node: node).isOnline(name)
        fields["status"] = .string(isOnline ? "online" : "offline")
        guard isOnline else { return fields }
        fields["level"] = .string("")
        fields["cgroup-mode"] = .number(2)
        for name in ["cpu", "disk", "maxcpu", "maxdisk", "maxmem", "mem", "uptime"] { fields[name] = .number(0) }
        if name == node.name { fields.merge(NodeStatus(node: node).measurements) { $1 } }
        return fields
    }

    private func storage(_ name: String) -> JSON {
        let storage = Storages.load(node.files).storages[name]
        var fields: [String: JSON] = [
            "content": .string(storage?.options["content"] ?? "iso,vztmpl,backup,images,rootdir,snippets"),
            "id": .string("storage/\(node.name)/\(name)"), "node": .string(node.name),
            "plugintype": .string(storage?.kind ?? "dir"), "shared": .number(storage?.options["shared"] == "1" ? 1 : 0),
            "status": .string(hasStatistics ? "available" : "unknown"), "storage": .string(name),
            "type": .string("storage"),
        ]
        if hasStatistics { for name in ["disk", "maxdisk"] { fields[name] = .number(0) } }
        return .object(fields)
    }

    private var network: JSON {
        .object([
            "id": .string("sdn/\(node.name)/localnetwork"), "node": .string(node.name), "sdn": .string("localnetwork"),
            "status": .string("ok"), "type": .string("sdn"),
        ])
    }

    func nodes(_ console: inout Console) -> JSON {
        .array(
            nodeNames.map { name in
                var fields = nodeRow(name)
                let certificate = "/etc/pve/nodes/\(name)/pve-ssl.pem"
                fields["ssl_fingerprint"] = .null
                if !node.files.exists(certificate) { console.warn("'\(certificate)' does not exist!\n") }
                for key in ["cgroup-mode"] { fields[key] = nil }
                return .object(fields)
            })
    }
}
