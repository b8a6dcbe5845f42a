/// `qm create` and `qm destroy`.
extension GuestCommands {
    static let creationSchema: [String: PropertySchema] = GuestOptions.schema
        .filter { !$0.key.hasPrefix("unused") && !internalOptions.contains($0.key) && $0.key != "lock" }
        .merging([
            "archive": .text(), "storage": .text(.storage), "force": .boolean, "unique": .boolean, "pool": .text(),
            "start": .boolean, "live-restore": .boolean, "bwlimit": .integer(0),
        ]) { $1 }

    private static let creationControls: Set<String> = [
        "vmid", "node", "archive", "storage", "force", "unique", "pool", "start", "live-restore", "bwlimit",
    ]

    func create(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        if parameters["archive"] != nil { throw ProxmoxFailure("a simulated node can't restore an archive") }
        let options = parameters.values.filter { !Self.creationControls.contains($0.key) }
        try store.locked(vmid, seconds: min(5, node.lockTimeout), &console) { console in
            if let other = store.clusterGuests[vmid] {
                throw ProxmoxFailure(
                    "unable to create VM \(vmid) - \(other.kind) \(vmid) already exists on node '\(other.node)'")
            }
            let config = try newConfig(vmid, options, &console)
            try store.save(vmid, config)
        }
        if parameters.isSet("start") { try start(parameters, &console) }
    }

    private func newConfig(
        _ vmid: String, _ options: [String: String], _ console: inout Console
    ) throws -> GuestConfig {
        var update = GuestUpdate(node: node, vmid: vmid, config: GuestConfig(), isRunning: false)
        let request = UpdateRequest(creating: options)
        try request.assertBalloonFits(update.config)
        try update.apply(request, &console)
        var config = update.config
        if config["vmgenid"] == nil { config["vmgenid"] = node.uuid() }
        if config["smbios1"] == nil { config["smbios1"] = "uuid=\(node.uuid())" }
        config["meta"] = "creation-qemu=\(node.release.qemu),ctime=\(node.now())"
        if config["boot"] == nil { config["boot"] = bootOrder(config) }
        return config
    }

    /// The first disk, the first CD drive and the first network card; empty without any.
    private func bootOrder(_ config: GuestConfig) -> String {
        var devices: [String] = []
        for wantsCD in [false, true] {
            let first = GuestOptions.driveNames.first { name in
                guard !name.hasPrefix("efidisk"), !name.hasPrefix("tpmstate"), let value = config[name] else {
                    return false
                }
                return value.contains("media=cdrom") == wantsCD
            }
            devices += [first].compactMap { $0 }
        }
        devices += [(0..<32).map { "net\($0)" }.first { config[$0] != nil }].compactMap { $0 }
        return devices.isEmpty ? "" : "order=" + devices.joined(separator: ";")
    }

    func destroy(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        try store.locked(vmid, &console) { console in
            let config = try store.load(vmid, &console)
            if !parameters.isSet("skiplock") { try config.assertUnlocked() }
            if config["protection"] == "1" {
                throw ProxmoxFailure("can't remove VM \(vmid) - protection mode enabled")
            }
            if process(vmid).running != nil { throw ProxmoxFailure("VM \(vmid) is running - destroy failed") }
            let disks = DiskAllocation(node: node, vmid: vmid)
            for section in [config.main, config.pending] {
                for (option, value) in section where GuestOptions.isDrive(option) || option.hasPrefix("unused") {
                    disks.free(option, value)
                }
            }
            store.remove(vmid)
        }
    }
}

extension UpdateRequest {
    /// A new guest has nothing to delete or revert, and needs no option at all.
    init(creating options: [String: String]) {
        self.options = options
        if let drive = self.options.removeValue(forKey: "cdrom") { self.options["ide2"] = drive }
        deletions = []
        reversions = []
        isForced = false
        isCreation = true
    }
}
