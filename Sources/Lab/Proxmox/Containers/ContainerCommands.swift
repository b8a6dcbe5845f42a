import Glibc

/// What `pct` can do with containers here: run them, end them, tell of them.
struct ContainerCommands {
    let node: ProxmoxNode

    private var directory: String { "nodes/\(node.name)/lxc" }

    private func process(_ vmid: String) -> ContainerProcess { ContainerProcess(node: node, vmid: vmid) }

    /// The settings in force.
    private func load(_ vmid: String) throws -> [String: String] {
        guard let text = node.files.text("/etc/pve/\(directory)/\(vmid).conf") else {
            throw ProxmoxFailure("Configuration file '\(directory)/\(vmid).conf' does not exist", exitCode: 2)
        }
        var settings: [String: String] = [:]
        for line in text.split(separator: "\n").prefix(while: { !$0.hasPrefix("[") }) where !line.hasPrefix("#") {
            guard let match = line.wholeMatch(of: /([a-z][a-z_\-]*\d*):\s*(.+?)\s*/) else { continue }
            settings[String(match.1)] = String(match.2)
        }
        return settings
    }

    private func loadUnlocked(_ vmid: String) throws -> [String: String] {
        let settings = try load(vmid)
        if let lock = settings["lock"] { throw ProxmoxFailure("CT is locked (\(lock))") }
        return settings
    }

    func config(_ vmid: String, _ console: inout Console) throws {
        for (key, value) in try load(vmid).sorted(by: { $0.key < $1.key }) { console.print("\(key): \(value)\n") }
    }

    func status(_ vmid: String, _ console: inout Console) throws {
        _ = try load(vmid)
        console.print("status: \(process(vmid).isRunning ? "running" : "stopped")\n")
    }

    func list(_ console: inout Console) {
        let names = node.files.list("/etc/pve/\(directory)").compactMap {
            $0.wholeMatch(of: /([1-9][0-9]{2,8})\.conf/).map { String($0.1) }
        }
        guard !names.isEmpty else { return }
        console.print("VMID       Status     Lock         Name                \n")
        for vmid in names.sorted(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) }) {
            let settings = (try? load(vmid)) ?? [:]
            let cells = [
                padded(right: vmid, 10), padded(right: process(vmid).isRunning ? "running" : "stopped", 10),
                padded(right: settings["lock"] ?? "", 12), padded(right: settings["hostname"] ?? "CT\(vmid)", 20),
            ]
            console.print(cells.joined(separator: " ") + "\n")
        }
    }

    func start(_ vmid: String, _ console: inout Console) throws {
        if process(vmid).isRunning { throw ProxmoxFailure("CT \(vmid) already running") }
        if HAState(node: node).takes("ct:\(vmid)", "started") {
            console.print("Requesting HA start for CT \(vmid)\n")
        }
        if try loadUnlocked(vmid)["template"] == "1" { throw ProxmoxFailure("you can't start a CT if it's a template") }
        try process(vmid).start()
    }

    func stop(_ vmid: String, _ console: inout Console) throws {
        _ = try load(vmid)
        guard process(vmid).isRunning else { throw ProxmoxFailure("CT \(vmid) not running") }
        if HAState(node: node).takes("ct:\(vmid)", "stopped") { console.print("Requesting HA stop for CT \(vmid)\n") }
        _ = try loadUnlocked(vmid)
        process(vmid).end()
    }

    func shutdown(_ vmid: String, seconds: Int?, force: Bool, _ console: inout Console) throws {
        _ = try load(vmid)
        guard process(vmid).isRunning else { throw ProxmoxFailure("CT \(vmid) not running") }
        if HAState(node: node).takes("ct:\(vmid)", "stopped") { console.print("Requesting HA stop for CT \(vmid)\n") }
        _ = try loadUnlocked(vmid)
        let limit = seconds ?? 60
        if node.staysUp(vmid) {
            sleep(UInt32(limit))
            guard force else {
                console.warn("command 'lxc-stop -n \(vmid) --nokill --timeout \(limit)' failed: exit code 1\n")
                throw ProxmoxFailure("container did not stop")
            }
        }
        process(vmid).end()
    }
}

extension ProxmoxNode {
    /// Whether this guest was told to ignore that it is asked to shut down.
    func staysUp(_ vmid: String) -> Bool { files.firstLine("/run/lab/fault-guest-stays-up") == vmid }
}
