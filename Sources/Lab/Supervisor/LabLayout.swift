/// Where a lab keeps its things.
struct LabLayout: Sendable {
    /// The lab's directory, absolute.
    let directory: String

    /// Who supervises: process id and start time.
    var record: String { "\(directory)/lab" }
    var inventory: String { "\(directory)/inventory.yaml" }
    var key: String { "\(directory)/id_ed25519" }
    var knownHosts: String { "\(directory)/known_hosts" }
    var log: String { "\(directory)/supervisor.log" }
    /// The socket that answers `status` and takes orders.
    var control: String { "\(directory)/control" }
    /// Mount point of the lab's memory file system; only the supervisor and the nodes see what is in it.
    var nodes: String { "\(directory)/nodes" }

    var shared: String { "\(nodes)/.lab" }
    /// Programs of a Proxmox node, laid over the machine's `/usr`.
    var tools: String { "\(shared)/tools" }
    var usr: String { "\(shared)/usr" }
    func sysfs(machine: String) -> String { "\(shared)/sys/\(machine)" }
    func modules(_ name: String) -> String { "\(shared)/modules/\(name)" }
    func root(_ node: String) -> String { "\(nodes)/\(node)" }
    func boot(_ node: String) -> String { "\(shared)/boot/\(node)" }

    /// All that `up` makes in the directory.
    var all: [String] { [record, inventory, key, key + ".pub", knownHosts, log, control, nodes] }
}
