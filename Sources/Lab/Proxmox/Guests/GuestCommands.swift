/// What can be done with guests; `qm` and the API share it.
struct GuestCommands {
    let node: ProxmoxNode

    var store: GuestStore { GuestStore(node: node) }

    func vmid(_ parameters: Parameters) -> String { parameters["vmid"] ?? "" }

    func process(_ vmid: String) -> GuestProcess { GuestProcess(node: node, vmid: vmid) }
}

// MARK: - Configuration

extension GuestCommands {
    /// The settings that `qm config` and the API show, with the digest of the file.
    func shownConfig(_ parameters: Parameters, _ console: inout Console) throws -> GuestConfig.Section {
        let config = try store.load(vmid(parameters), &console)
        if let name = parameters["snapshot"] {
            guard let snapshot = config.snapshots[name] else {
                throw ProxmoxFailure("snapshot '\(name)' does not exist")
            }
            return snapshot
        }
        return parameters.isSet("current") ? config.main : config.withPending
    }

    func config(_ parameters: Parameters, _ console: inout Console) throws {
        for (key, value) in try shownConfig(parameters, &console).sorted(by: { $0.key < $1.key }) {
            console.print("\(key): \(key == "description" ? percentEncoded(value) : value)\n")
        }
    }

    /// One option with what is in force and what waits.
    struct PendingItem {
        let key: String
        var value: String?
        var pending: String?
        /// 1, or 2 where the removal is forced
        var deletion: Int?
    }

    func pendingItems(_ vmid: String, _ console: inout Console) throws -> (items: [PendingItem], digest: String) {
        let config = try store.load(vmid, &console)
        let deletions = config.pendingDeletions
        let keys = Set(config.main.keys).union(config.pending.keys).union(deletions.keys).subtracting(["delete"])
        let items = keys.sorted().map { key in
            PendingItem(
                key: key, value: config.main[key], pending: config.pending[key],
                deletion: deletions[key].map { $0 ? 2 : 1 })
        }
        return (items, config.digest)
    }

    func pending(_ parameters: Parameters, _ console: inout Console) throws {
        for item in try pendingItems(vmid(parameters), &console).items {
            let encode = { (text: String) in item.key == "description" ? percentEncoded(text) : text }
            if let value = item.value.map(encode) {
                console.print("\(item.deletion == nil ? "cur" : "del") \(item.key): \(value)\n")
            }
            if let pending = item.pending.map(encode), item.deletion == nil {
                console.print("new \(item.key): \(pending)\n")
            }
        }
    }

    func unlock(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        try store.locked(vmid, &console) { console in
            var config = try store.load(vmid, &console)
            config["lock"] = nil
            try store.save(vmid, config)
        }
    }

    func showCommand(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        let config = try store.load(vmid, &console)
        var options = config.main
        if let name = parameters["snapshot"] {
            guard let snapshot = config.snapshots[name] else {
                throw ProxmoxFailure("snapshot '\(name)' does not exist")
            }
            options = snapshot
        }
        let isRunning = process(vmid).running != nil
        defer { if !isRunning { try? PCIReservations(node: node).release(vmid: vmid, &console) } }
        let command = try KVMCommand.build(
            node: node, vmid: vmid, options: options, reserving: !isRunning, &console)
        let line = command.words.map(shellQuoted).joined(separator: " ")
        console.print((parameters.isSet("pretty") ? line.replacing(" -", with: " \\\n  -") : line) + "\n")
    }
}
