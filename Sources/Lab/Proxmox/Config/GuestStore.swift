/// The configuration files of the node's guests, in the cluster's file system.
struct GuestStore {
    let node: ProxmoxNode

    private static let lockDirectory = "/var/lock/qemu-server"

    func relativePath(_ vmid: String) -> String { "nodes/\(node.name)/qemu-server/\(vmid).conf" }
    func path(_ vmid: String) -> String { "/etc/pve/" + relativePath(vmid) }

    /// The node's guests in ascending order.
    var vmids: [String] {
        node.files.list("/etc/pve/nodes/\(node.name)/qemu-server")
            .compactMap { $0.wholeMatch(of: /([1-9][0-9]{2,8})\.conf/).map { String($0.1) } }
            .sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }
    }

    /// The kind and node of every guest of the cluster, by number.
    var clusterGuests: [String: (kind: String, node: String)] {
        var result: [String: (kind: String, node: String)] = [:]
        for name in node.files.list("/etc/pve/nodes") {
            for (directory, kind) in [("qemu-server", "VM"), ("lxc", "CT")] {
                for file in node.files.list("/etc/pve/nodes/\(name)/\(directory)") where file.hasSuffix(".conf") {
                    result[String(file.dropLast(5))] = (kind, name)
                }
            }
        }
        return result
    }

    func load(_ vmid: String, _ console: inout Console) throws -> GuestConfig {
        guard let bytes = node.files.bytes(path(vmid)) else {
            throw ProxmoxFailure("Configuration file '\(relativePath(vmid))' does not exist", exitCode: 2)
        }
        let (config, warnings) = GuestConfigParser.parse(bytes, vmid: vmid)
        for warning in warnings { console.warn(warning + "\n") }
        return config
    }

    func save(_ vmid: String, _ config: GuestConfig) throws {
        node.files.makeDirectories("/etc/pve/nodes/\(node.name)/qemu-server")
        try node.files.replace(path(vmid), with: config.serialized)
    }

    func remove(_ vmid: String) {
        node.files.remove(path(vmid))
        node.files.remove("\(Self.lockDirectory)/lock-\(vmid).conf")
    }

    /// Runs `body` with the guest's configuration locked against other commands.
    func locked<Result>(
        _ vmid: String, seconds: Int? = nil, _ console: inout Console, _ body: (inout Console) throws -> Result
    ) throws -> Result {
        node.files.makeDirectories(Self.lockDirectory)
        return try node.files.locked(
            "\(Self.lockDirectory)/lock-\(vmid).conf", seconds: seconds ?? node.lockTimeout, &console, body)
    }
}

extension GuestConfig {
    /// Refuses to go on while a backup, a migration or the like holds the guest.
    func assertUnlocked() throws {
        if let lock = main["lock"] { throw ProxmoxFailure("VM is locked (\(lock))") }
    }
}
