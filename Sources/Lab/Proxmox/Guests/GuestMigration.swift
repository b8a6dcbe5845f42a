/// Moving guests to another member of the cluster; messages as in qemu-server (`PVE::API2::Qemu`, `PVE::QemuMigrate`).
extension GuestCommands {
    static let migrationSchema: [String: PropertySchema] = [
        "target": PropertySchema.text(.node).required, "online": .boolean, "with-local-disks": .boolean,
        "force": .boolean, "bwlimit": .integer(0),
    ]

    /// The other member's part (its QEMU, its side of `/etc/pve`) is carried out there.
    func migrate(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        let target = parameters["target"] ?? ""
        try store.locked(vmid, &console) { console in
            let config = try store.load(vmid, &console)
            try assertTarget(target)
            let isRunning = process(vmid).running != nil
            if isRunning, !parameters.isSet("online") {
                throw ProxmoxFailure("can't migrate running VM without --online")
            }
            if HAState(node: node).services.contains(where: { $0.id == "vm:\(vmid)" && $0.state != "ignored" }) {
                console.print("Requesting HA migration for VM \(vmid) to node \(target)\n")
            }
            try config.assertUnlocked()
            console.print("starting migration of VM \(vmid) to node '\(target)'\n")
            try assertMovable(vmid, config, withDisks: parameters.isSet("with-local-disks"), &console)
            if node.has("migration-lies", vmid) { return }
            try carry(vmid, config, to: target, running: isRunning, &console)
            console.print("migration finished successfully\n")
        }
    }

    private func assertTarget(_ target: String) throws {
        let membership = ClusterMembership(node: node)
        guard membership.members.contains(where: { $0.name == target }) else {
            throw ProxmoxFailure("no such cluster node '\(target)'")
        }
        if target == node.name { throw ProxmoxFailure("target is local node.") }
        guard membership.isOnline(target) else { throw ProxmoxFailure("node '\(target)' is offline") }
    }

    private func assertMovable(
        _ vmid: String, _ config: GuestConfig, withDisks: Bool, _ console: inout Console
    ) throws {
        let devices = localResources(config)
        if !devices.isEmpty {
            throw aborted("can't migrate VM which uses local devices: \(devices.joined(separator: ", "))")
        }
        if let volume = localDisks(config).first?.volume, !withDisks {
            console.print(
                "can't migrate local disk '\(volume)': can't live migrate attached local disks without with-local-disks option\n"
            )
            throw aborted("Failed to sync data - can't migrate VM - check log")
        }
        if node.has("migration-fails", vmid) { throw aborted("online migrate failure - aborting") }
    }

    private func aborted(_ reason: String) -> ProxmoxFailure {
        ProxmoxFailure("ERROR: migration aborted (duration 00:00:00): \(reason)\nmigration aborted")
    }

    /// The guest runs there before it ends here, and its file is at one member only.
    private func carry(
        _ vmid: String, _ config: GuestConfig, to target: String, running: Bool, _ console: inout Console
    ) throws {
        let (here, there) = (store.path(vmid), "/etc/pve/nodes/\(target)/qemu-server/\(vmid).conf")
        let take = "mkdir -p \"${2%/*}\" && printf %s \"$3\" >\"$2\" && rm -f \"$1\""
        let start = running ? " && { qm start \"$4\" || { rm -f \"$2\"; false; }; }" : ""
        let text = String(decoding: config.serialized, as: UTF8.self)
        let result = node.askPeer(target, ["/bin/sh", "-c", take + start, "sh", here, there, text, vmid])
        guard result.exitCode == 0 else { throw aborted("target node: \(result.outputText)") }
        if running { process(vmid).end() }
        try PCIReservations(node: node).release(vmid: vmid, &console)
        node.files.makeDirectories("/etc/pve/nodes/\(target)/qemu-server")
        try node.files.replace(there, with: config.serialized)
        store.remove(vmid)
    }

    /// `PVE::QemuServer::check_local_resources`
    func localResources(_ config: GuestConfig) -> [String] {
        config.main.keys.sorted().filter { key in
            let value = config[key] ?? ""
            return switch key.prefix(while: { !$0.isNumber }) {
            case "hostpci", "parallel", "ivshmem": true
            case "usb": !value.contains("spice")
            case "serial": value != "socket"
            default: false
            }
        }
    }

    /// Volumes on storages that are not shared.
    func localDisks(_ config: GuestConfig) -> [(name: String, volume: String)] {
        let storages = Storages.load(node.files)
        return GuestOptions.driveNames.compactMap { name in
            guard let volume = config[name]?.split(separator: ",").first.map(String.init),
                let storage = storages.storage(of: volume)?.storage, !storage.isShared
            else { return nil }
            return (name, volume)
        }
    }
}

extension Storages.Storage {
    var isShared: Bool {
        ["nfs", "cifs", "rbd", "cephfs", "iscsi", "iscsidirect", "glusterfs", "pbs", "zfs"].contains(kind)
            || options["shared"] == "1"
    }
}

extension ProxmoxNode {
    /// Whether a fault of this node names the guest.
    fileprivate func has(_ fault: String, _ vmid: String) -> Bool {
        files.firstLine("/run/lab/fault-\(fault)") == vmid
    }
}
