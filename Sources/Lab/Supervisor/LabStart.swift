import Documents
import Fleet
import Glibc

/// What the supervisor does before it serves: nodes from machines, shared trees, files for clients.
struct LabStart {
    let layout: LabLayout
    let options: LabOptions

    /// Builds and boots all nodes, and writes inventory and known hosts.
    func run() throws(LabError) -> Supervisor {
        NodeFiles(root: "").makeDirectories(layout.nodes)
        try attach("lab", layout.nodes, "tmpfs", options: "mode=755,size=75%,nr_inodes=0")
        let runtime = Booter.Runtime()
        try ToolSet(layout: layout).write()
        let key = NodeFiles(root: "").firstLine(layout.key + ".pub") ?? ""
        let builder = NodeBuilder(layout: layout, clientKey: key)
        var nodes: [SimulatedNode] = []
        for (index, blueprint) in try blueprints().enumerated() {
            let node = try node(blueprint, index)
            try builder.build(node)
            nodes.append(node)
        }
        try ClientFiles(layout: layout).write(nodes)
        var supervisor = Supervisor(layout: layout, booter: Booter(layout: layout, runtime: runtime), nodes: nodes)
        try supervisor.bootAll()
        return supervisor
    }

    private struct Blueprint {
        var name: String
        var machine: MachineDescription
        var overrides: [SetupDocument.Overrides]
    }

    /// One for each node of the set-up, else one for each machine, repeated up to the count that was asked for.
    private func blueprints() throws(LabError) -> [Blueprint] {
        let machines: [MachineDescription]
        do throws(InvalidDocument) {
            machines = try MachineDocument.load(directory: options.machines)
        } catch {
            throw LabError(.invalid, error.errors.map(\.description).joined(separator: "\n"))
        }
        guard !machines.isEmpty else { throw LabError(.invalid, "\(options.machines) holds no machine description.") }
        try check(machines.map(\.name))
        let document = try setupDocument()
        let named = try document.nodes.map { node throws(LabError) in
            let wanted = node.overrides.machine ?? node.name
            guard let machine = machines.first(where: { $0.name == wanted }) else {
                throw LabError(.invalid, "Node “\(node.name)”: there is no machine “\(wanted)” in \(options.machines).")
            }
            return Blueprint(name: node.name, machine: machine, overrides: [document.defaults, node.overrides])
        }
        if !named.isEmpty { return named }
        return (0..<(options.count ?? machines.count)).map { index in
            let machine = machines[index % machines.count]
            let round = index / machines.count
            let name = round == 0 ? machine.name : "\(machine.name)-\(round + 1)"
            return Blueprint(name: name, machine: machine, overrides: [document.defaults])
        }
    }

    /// Machines give nodes their names, and directories.
    private func check(_ names: [String]) throws(LabError) {
        var seen: Set<String> = []
        for name in names {
            guard NodeName(name) != nil else {
                throw LabError(
                    .invalid,
                    "\(options.machines): “\(name)” under “machine” can't be a node's name: letters, digits, “.”, “-” and “_”."
                )
            }
            guard seen.insert(name).inserted else {
                throw LabError(.invalid, "\(options.machines): two descriptions have “\(name)” under “machine”.")
            }
        }
    }

    private func setupDocument() throws(LabError) -> SetupDocument {
        guard let path = options.setup else { return SetupDocument() }
        guard let text = NodeFiles(root: "").text(path) else { throw .system("read", path) }
        return try SetupDocument(yaml: text, file: path)
    }

    private func node(_ blueprint: Blueprint, _ index: Int) throws(LabError) -> SimulatedNode {
        let hardware = Hardware(blueprint.machine)
        var setup = NodeSetup(hostName: blueprint.name, machine: blueprint.machine, hardware: hardware)
        for overrides in blueprint.overrides { setup.apply(overrides) }
        let wanted = options.portBase.map { $0 &+ UInt16(truncatingIfNeeded: index) } ?? 0
        let (descriptor, port) = try Ports.reserve("127.0.0.1", wanted)
        return SimulatedNode(
            name: blueprint.name, hardware: hardware, setup: setup,
            database: ModuleDatabase(hardware, builtIn: setup.builtInModules), address: "127.0.0.1", port: port,
            reservation: descriptor)
    }
}

/// What a client needs to reach the nodes.
struct ClientFiles {
    let layout: LabLayout

    func write(_ nodes: [SimulatedNode]) throws(LabError) {
        let files = NodeFiles(root: "")
        var hosts = ""
        var inventory = "# Written by vfiofleet-lab; gone with `vfiofleet-lab down`.\nnodes:\n"
        for node in nodes {
            let key = files.firstLine(layout.root(node.name) + "/etc/ssh/ssh_host_ed25519_key.pub") ?? ""
            let words = key.split(separator: " ").prefix(2).joined(separator: " ")
            hosts += "[\(node.address)]:\(node.port) \(words)\n"
            inventory += """
                  \(node.name):
                    address: \(node.address)
                    port: \(node.port)
                    user: root
                    identity-file: ["\(layout.key)"]
                    labels: {machine: \(node.hardware.name)}

                """
        }
        try files.make(layout.knownHosts, hosts)
        try files.make(layout.inventory, inventory)
    }
}

/// The programs of a Proxmox node, laid over the machine's `/usr` for all nodes at once.
struct ToolSet {
    let layout: LabLayout

    func write() throws(LabError) {
        let files = NodeFiles(root: layout.tools)
        for name in NodeProgram.names {
            for directory in ["/sbin", "/bin"] { try files.link("\(directory)/\(name)", to: "/run/lab/vfiofleet-lab") }
        }
        for (name, text) in ShellPrograms.all {
            for directory in ["/sbin", "/bin"] { try files.make("\(directory)/\(name)", text, mode: 0o755) }
        }
        // Empty places for what each node binds there; the machine's own settings must not show through.
        try files.make("/lib/modprobe.d/.keep", "")
        NodeFiles(root: "").makeDirectories(layout.usr)
        files.makeDirectories("/lib/modules")
        for name in NodeFiles(root: "").list("/usr/lib/modprobe.d") where name.hasSuffix(".conf") {
            try files.make("/lib/modprobe.d/\(name)", "")
        }
        try attach("overlay", layout.usr, "overlay", flags: UInt(MS_RDONLY), options: "lowerdir=\(layout.tools):/usr")
    }
}
