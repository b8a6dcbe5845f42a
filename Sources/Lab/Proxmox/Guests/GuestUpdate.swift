/// `qm set`: writes changes to the pending section, then applies what can be applied.
extension GuestCommands {
    static let updateSchema: [String: PropertySchema] = GuestOptions.schema
        .filter { !$0.key.hasPrefix("unused") && !internalOptions.contains($0.key) }
        .merging([
            "delete": .text(.configIDList), "revert": .text(.configIDList), "force": .boolean, "skiplock": .boolean,
            "digest": PropertySchema(maximumLength: 40), "background_delay": .integer(1, 30),
        ]) { $1 }

    /// Kept by Proxmox itself, no parameters.
    static let internalOptions: Set<String> = [
        "snaptime", "vmstate", "runningmachine", "runningcpu", "parent", "meta",
    ]

    private static let controls: Set<String> = [
        "vmid", "node", "delete", "revert", "force", "skiplock", "digest", "background_delay",
    ]

    func update(_ parameters: Parameters, _ console: inout Console) throws {
        let vmid = vmid(parameters)
        let log = Self.log(parameters)
        let options = parameters.values.filter { !Self.controls.contains($0.key) }
        let request = try UpdateRequest(options: options, parameters: parameters)
        try store.locked(vmid, &console) { console in
            let config = try store.load(vmid, &console)
            if let digest = parameters["digest"], digest != config.digest {
                throw ProxmoxFailure("checksum mismatch (file change by other user?)")
            }
            if !parameters.isSet("skiplock") { try config.assertUnlocked() }
            try request.assertBalloonFits(config)
            console.print("update VM \(vmid): \(log)\n")
            var update = GuestUpdate(node: node, vmid: vmid, config: config, isRunning: process(vmid).running != nil)
            try update.apply(request, &console)
            try store.save(vmid, update.config)
        }
    }

    private static func log(_ parameters: Parameters) -> String {
        parameters.values.filter { !["vmid", "node", "digest", "background_delay"].contains($0.key) }
            .sorted { $0.key < $1.key }.map { "-\($0.key) \($0.value)" }.joined(separator: " ")
    }
}

/// What a `qm set` asks for, checked for contradictions.
struct UpdateRequest {
    var options: [String: String]
    let deletions: [String]
    let reversions: Set<String>
    let isForced: Bool
    /// A new configuration is written at once.
    var isCreation = false

    init(options: [String: String], parameters: Parameters) throws {
        self.options = options
        if let drive = self.options.removeValue(forKey: "cdrom") { self.options["ide2"] = drive }
        deletions = splitList(parameters["delete"] ?? "").map { $0 == "cdrom" ? "ide2" : $0 }
        reversions = Set(splitList(parameters["revert"] ?? ""))
        isForced = parameters.isSet("force")
        if options.isEmpty && deletions.isEmpty && reversions.isEmpty {
            throw ProxmoxFailure("no options specified", exitCode: 2)
        }
        try assertConsistent()
    }

    private func assertConsistent() throws {
        for option in reversions.sorted() {
            if !GuestOptions.exists(option) { throw refusal("revert", "unknown option '\(option)'") }
            if options[option] != nil {
                throw refusal("revert", "you can't use '-\(option)' and '-revert \(option)' at the same time")
            }
        }
        for option in deletions {
            if options[option] != nil {
                throw refusal("delete", "you can't use '-\(option)' and '-delete \(option)' at the same time")
            }
            if reversions.contains(option) {
                throw refusal("revert", "you can't use '-delete \(option)' and '-revert \(option)' at the same time")
            }
            if !GuestOptions.exists(option) { throw refusal("delete", "unknown option '\(option)'") }
        }
    }

    private func refusal(_ parameter: String, _ reason: String) -> ParameterFailure {
        ParameterFailure(errors: [parameter: reason])
    }

    func assertBalloonFits(_ config: GuestConfig) throws {
        guard options["memory"] != nil || options["balloon"] != nil else { return }
        let current = { (name: String) in options[name] ?? config.pending[name] ?? config[name] }
        let memory = current("memory").flatMap { try? PropertyStringFormat.memory.parse($0) }?["current"]
        guard let balloon = current("balloon").flatMap({ Int($0) }), balloon > (memory.flatMap { Int($0) } ?? 512)
        else {
            return
        }
        throw ProxmoxFailure("balloon value too large (must be smaller than assigned memory)")
    }
}

/// One change of a guest's configuration.
struct GuestUpdate {
    let node: ProxmoxNode
    let vmid: String
    var config: GuestConfig
    let isRunning: Bool

    /// These take effect while the guest runs.
    private static let immediate: Set<String> = [
        "description", "hookscript", "lock", "migrate_downtime", "migrate_speed", "name", "onboot", "protection",
        "shares", "startup", "tags", "vmstatestorage",
    ]

    mutating func apply(_ request: UpdateRequest, _ console: inout Console) throws {
        for option in request.deletions { delete(option, isForced: request.isForced, &console) }
        for option in request.reversions {
            config.pending[option] = nil
            config.pendingDeletions[option] = nil
        }
        for (option, value) in request.options.sorted(by: { $0.key < $1.key }) {
            try set(option, value, &console)
        }
        if !request.isCreation { reread() }
        config.cleanPending()
        if isRunning { plugIn(Set(request.deletions).union(request.options.keys)) } else { applyAll() }
    }

    /// The pending section goes through the file before it takes effect: an empty value comes back as a blank.
    private mutating func reread() {
        let digest = config.digest
        config = GuestConfigParser.parse(config.serialized, vmid: vmid).config
        config.digest = digest
    }

    private mutating func delete(_ option: String, isForced: Bool, _ console: inout Console) {
        guard config[option] ?? config.pending[option] != nil else {
            console.warn("cannot delete '\(option)' - not set in current configuration!\n")
            return
        }
        config.deleteLater(option, forced: isForced)
        removeFromBootOrder(option)
    }

    private mutating func removeFromBootOrder(_ option: String) {
        guard let boot = config["boot"].flatMap({ try? PropertyStringFormat.boot.parse($0) }),
            let order = boot["order"], splitList(order).contains(option)
        else { return }
        let rest = splitList(order).filter { $0 != option }
        config.setLater("boot", rest.isEmpty ? " " : "order=" + rest.joined(separator: ";"))
    }

    private mutating func set(_ option: String, _ value: String, _ console: inout Console) throws {
        var stored = value
        if GuestOptions.isDrive(option) {
            stored = try DiskAllocation(node: node, vmid: vmid).stored(option, value, &console)
            keepReplacedVolume(option, by: stored)
        } else if option.wholeMatch(of: /net\d+/) != nil {
            stored = try network(value)
        } else if option == "vmgenid" && value == "1" {
            stored = node.uuid()
        } else if option == "machine", WindowsVersion(config["ostype"]) != nil {
            stored = try pinned(value, &console) ?? value
        } else if option == "ostype", WindowsVersion(value) != nil,
            WindowsVersion(value) != WindowsVersion(config["ostype"])
        {
            let machine = config.pending["machine"] ?? config["machine"]
            if let machine = try pinned(machine, &console) { config.setLater("machine", machine) }
        }
        config.setLater(option, stored)
    }

    private func network(_ value: String) throws -> String {
        do { return try PropertyStringFormat.storedNetwork(value, newAddress: node.macAddress) } catch {
            throw ProxmoxFailure(error.reason)
        }
    }

    /// Windows takes a change of the virtual hardware for a new machine, so its type is fixed to the newest version.
    private func pinned(_ machine: String?, _ console: inout Console) throws -> String? {
        guard let pinned = try MachineType.pinnedForWindows(machine, release: node.release) else { return nil }
        let type = pinned.split(separator: ",").first ?? ""
        console.print("pinning machine type to '\(type)' for Windows guest OS\n")
        return pinned
    }
}

// MARK: - Taking effect

extension GuestUpdate {
    /// While the guest runs: what needs no device, disks and network cards; the rest waits.
    private mutating func plugIn(_ options: Set<String>) {
        let features = config["hotplug"] ?? "1"
        let isPluggable = { (option: String) in
            if Self.immediate.contains(option) { return true }
            if option.hasPrefix("net") { return features == "1" || features.contains("network") }
            let isDisk = GuestOptions.isDrive(option) && !option.hasPrefix("efidisk") && !option.hasPrefix("ide")
            return isDisk && (features == "1" || features.contains("disk"))
        }
        for option in options where isPluggable(option) { settle(option) }
    }

    /// While it is stopped: everything.
    private mutating func applyAll() {
        let options = Set(config.pending.keys).union(config.pendingDeletions.keys).subtracting(["delete"])
        for option in options { settle(option) }
    }

    private mutating func settle(_ option: String) {
        if let isForced = config.pendingDeletions[option], GuestOptions.isDrive(option), let value = config[option] {
            if isForced {
                DiskAllocation(node: node, vmid: vmid).free(option, value)
            } else {
                keepUnused(value)
            }
        }
        config.applyPending(option)
    }

    private mutating func keepReplacedVolume(_ option: String, by value: String) {
        guard let old = config[option], volume(of: old) != volume(of: value) else { return }
        keepUnused(old)
    }

    /// A volume that no option names any more stays reachable as `unusedN`.
    private mutating func keepUnused(_ value: String) {
        guard let volume = volume(of: value), volume.contains("vm-\(vmid)-"),
            !config.main.contains(where: { $0.key.hasPrefix("unused") && $0.value == volume }),
            let free = (0..<256).first(where: { config["unused\($0)"] == nil })
        else { return }
        config["unused\(free)"] = volume
    }

    private func volume(of value: String) -> String? {
        let parts = try? PropertyStringFormat.drive.parse(value)
        let file = parts?["file"] ?? value.split(separator: ",").first.map(String.init)
        return parts?["media"] == "cdrom" || file == "none" ? nil : file
    }
}
