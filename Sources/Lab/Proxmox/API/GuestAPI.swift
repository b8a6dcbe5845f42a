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

    /// What keeps a guest on its node. Of one that runs, Proxmox VE 8 names no nodes: `qm migrate` finds out.
    func migration(_ console: inout Console) throws -> JSON {
        let config = try guests.store.load(call.vmid, &console)
        let devices = guests.localResources(config)
        let isRunning = guests.process(call.vmid).running != nil
        let disks = guests.localDisks(config).map { name, volume in
            JSON.object([
                "cdrom": .number(0), "drivename": .string(name), "is_unused": .number(0), "size": .number(0),
                "volid": .string(volume),
            ])
        }
        let others = call.node.files.list("/etc/pve/nodes").filter { $0 != call.node.name }
        var fields: [String: JSON] = [
            "running": .number(isRunning ? 1 : 0), "local_disks": .array(disks),
            "local_resources": .array(devices.map(JSON.string)), "mapped-resources": .array([]),
        ]
        if !isRunning {
            fields["allowed_nodes"] = .array(devices.isEmpty ? others.map(JSON.string) : [])
            fields["not_allowed_nodes"] = .object([:])
        }
        return .object(fields)
    }
}
