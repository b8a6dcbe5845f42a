#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Snapshots: copies of the configuration, where every disk can take one.
extension GuestCommands {
    /// Not part of a snapshot's copy.
    private static let excluded: Set<String> = [
        "snapstate", "snaptime", "vmstate", "lock", "description", "runningmachine", "runningcpu",
    ]

    func takeSnapshot(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        let name = parameters["snapname"] ?? ""
        if ["current", "pending"].contains(name.lowercased()) {
            throw ProxmoxFailure("unable to use snapshot name '\(name)' (reserved name)")
        }
        try store.locked(vmid, &console) { console in
            var config = try store.load(vmid, &console)
            try config.assertUnlocked()
            if config.snapshots[name] != nil { throw ProxmoxFailure("snapshot name '\(name)' already used") }
            try assertCanSnapshot(config)
            var copy = config.main.filter { !Self.excluded.contains($0.key) && !$0.key.hasPrefix("unused") }
            copy["snaptime"] = String(node.now())
            if let description = parameters["description"], !description.isEmpty { copy["description"] = description }
            config.snapshots[name] = copy
            config["parent"] = name
            try store.save(vmid, config)
        }
    }

    private func assertCanSnapshot(_ config: GuestConfig) throws {
        let storages = Storages.load(node.files)
        for option in GuestOptions.driveNames {
            guard let parts = config[option].flatMap({ try? GuestOptions.driveFormat(option).parse($0) }),
                parts["media"] != "cdrom", let file = parts["file"], file != "none"
            else { continue }
            if !storages.canSnapshot(file) { throw ProxmoxFailure("snapshot feature is not available") }
        }
    }

    func deleteSnapshot(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        let name = parameters["snapname"] ?? ""
        try store.locked(vmid, &console) { console in
            var config = try store.load(vmid, &console)
            try config.assertUnlocked()
            guard let snapshot = config.snapshots.removeValue(forKey: name) else {
                throw ProxmoxFailure("snapshot '\(name)' does not exist")
            }
            if config["parent"] == name { config["parent"] = snapshot["parent"] }
            for other in config.snapshots.keys where config.snapshots[other]?["parent"] == name {
                config.snapshots[other]?["parent"] = snapshot["parent"]
            }
            try store.save(vmid, config)
        }
    }

    func rollBack(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        let name = parameters["snapname"] ?? ""
        let config = try store.load(vmid, &console)
        guard let snapshot = config.snapshots[name] else { throw ProxmoxFailure("snapshot '\(name)' does not exist") }
        try stop(parameters, &console)
        try store.locked(vmid, &console) { console in
            var config = try store.load(vmid, &console)
            var main = config.main.filter { $0.key == "description" || $0.key.hasPrefix("unused") }
            main.merge(snapshot.filter { !Self.excluded.contains($0.key) }) { $1 }
            main["parent"] = name
            if main["vmgenid"] != nil { main["vmgenid"] = node.uuid() }
            config.main = main
            try store.save(vmid, config)
        }
        if parameters.isSet("start") { try start(parameters, &console) }
    }

    /// The tree of snapshots by their parents, older ones first.
    func listSnapshots(_ parameters: Parameters, _ console: inout Console) throws {
        let config = try store.load(vmid(parameters), &console)
        var entries = config.snapshots
        entries["current"] = [
            "parent": config["parent"], "description": "You are here!",
        ].compactMapValues { $0 }
        let roots = entries.filter { entry in entry.value["parent"].map { entries[$0] == nil } ?? true }
        for name in ordered(roots) { print(name, entries, depth: 0, &console) }
    }

    private func ordered(_ entries: [String: GuestConfig.Section]) -> [String] {
        let time = { (name: String) in entries[name]?["snaptime"].flatMap { Int($0) } ?? Int.max }
        return entries.keys.sorted { (time($0), $0) < (time($1), $1) }
    }

    private func print(
        _ name: String, _ entries: [String: GuestConfig.Section], depth: Int, _ console: inout Console
    ) {
        guard let entry = entries[name], depth <= entries.count else { return }
        let prefix = String(repeating: " ", count: depth) + "`->"
        let time = entry["snaptime"].flatMap { Int($0) }.map(localTime) ?? ""
        let text = entry["description"].flatMap { $0.isEmpty ? nil : $0 } ?? "no-description"
        let line = text.split(separator: "\n").first.map(String.init) ?? text
        let cells = [padded(right: name, max(0, 30 - prefix.count)), padded(right: time, 23), line]
        console.print("\(prefix) \(cells.joined(separator: " "))\n")
        let children = entries.filter { $0.value["parent"] == name && $0.key != name }
        for child in ordered(children) { print(child, entries, depth: depth + 1, &console) }
    }

    private func localTime(_ seconds: Int) -> String {
        var moment = time_t(seconds)
        var parts = tm()
        localtime_r(&moment, &parts)
        let two = { (number: Int32) in (number < 10 ? "0" : "") + String(number) }
        let date = "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
        return "\(date) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }
}
