/// A guest's part of the API.
struct GuestAPI {
    let call: APICall

    private var guests: GuestCommands { call.guests }

    func config(_ console: inout Console) throws -> JSON {
        let parameters = call.guestParameters
        var fields = try guests.shownConfig(parameters, &console).mapValues { JSON.string($0) }
        fields["digest"] = .string(try guests.store.load(call.vmid, &console).digest)
        for (key, value) in fields {
            guard let kind = GuestOptions.schema[key]?.kind, kind == .integer || kind == .boolean else { continue }
            if let number = Int(value.plain) { fields[key] = .number(number) }
        }
        return .object(fields)
    }

    func update(_ console: inout Console) throws -> JSON {
        try guests.update(call.guestParameters, &console)
        return .null
    }

    func pending(_ console: inout Console) throws -> JSON {
        let (items, digest) = try guests.pendingItems(call.vmid, &console)
        var rows = items.map { item in
            JSON.object(
                [
                    "key": .string(item.key), "value": item.value.map(JSON.string),
                    "pending": item.pending.map(JSON.string), "delete": item.deletion.map(JSON.number),
                ].compactMapValues { $0 })
        }
        rows.append(.object(["key": .string("digest"), "value": .string(digest)]))
        return .array(rows)
    }

    func status(_ console: inout Console) throws -> JSON {
        let status = try guests.status(of: call.vmid, &console)
        var fields = guests.currentStatus(status)
        let service = HAState(node: call.node).services.first { $0.id == "vm:\(call.vmid)" }
        fields["ha"] = .object(
            ["managed": .number(service == nil ? 0 : 1), "state": service.map { .string($0.state) }]
                .compactMapValues { $0 })
        return .object(fields)
    }

    /// What keeps a guest on its node: raw and mapped functions.
    func migration(_ console: inout Console) throws -> JSON {
        let config = try guests.store.load(call.vmid, &console)
        let devices = (0..<PropertyStringFormat.hostPCICount).map { "hostpci\($0)" }.filter { config[$0] != nil }
        let others = call.node.files.list("/etc/pve/nodes").filter { $0 != call.node.name }
        return .object([
            "running": .number(guests.process(call.vmid).running == nil ? 0 : 1), "local_disks": .array([]),
            "local_resources": .array(devices.map(JSON.string)), "mapped-resources": .array([]),
            "allowed_nodes": .array(devices.isEmpty ? others.map(JSON.string) : []), "not_allowed_nodes": .object([:]),
        ])
    }
}
