import Fleet
import Glibc

/// Boots a node: computes the kernel's state and starts its first process.
struct Booter {
    let layout: LabLayout
    let runtime: Runtime

    /// The lab's own program and the directories of its libraries, as they must appear inside a node.
    struct Runtime: Sendable {
        var executable: String
        var libraries: [String]

        /// Of this process: everything it has mapped from outside `/usr` and `/lib`.
        init() {
            executable = NodeFiles(root: "").link("/proc/self/exe") ?? "/usr/bin/vfiofleet-lab"
            let maps = NodeFiles(root: "").text("/proc/self/maps") ?? ""
            let paths = maps.split(separator: "\n").compactMap { line in
                line.firstIndex(of: "/").map { String(line[$0...]) }
            }
            let libraries = paths.filter { $0.contains(".so") && !$0.hasPrefix("/usr/") && !$0.hasPrefix("/lib") }
            self.libraries = Set(libraries.map { $0.split(separator: "/").dropLast().map { "/" + $0 }.joined() })
                .sorted()
        }
    }

    /// Starts the node and gives it its new state. Throws only when the lab itself is broken.
    func boot(_ node: inout SimulatedNode) throws(LabError) {
        node.boots += 1
        node.bootID = Self.uuid()
        var state = kernelState(node)
        if node.faults.remove(.bootsWithoutNetwork) != nil {
            state.offline = state.offline ?? "its network did not come up"
        }
        let directory = layout.boot(node.name)
        try prepare(node, state, directory)
        node.reason = state.unreachable ?? state.offline
        node.process = nil
        guard state.unreachable == nil, !node.faults.contains(.cardLost) else {
            node.power = .unreachable
            node.reason = node.reason ?? "the management card is lost"
            return
        }
        // unshare waits for the node and ends it with itself.
        var words = ["--mount", "--pid", "--uts", "--fork", "--kill-child", "--propagation", "private"]
        words += Self.uptimeFromNow
        node.process = try Process(
            "unshare", words + [runtime.executable, "lab-init", "\(directory)/init"], descriptors: [-1, -1, 2]
        )
        .start()
        node.power = state.offline == nil ? .running : .unreachable
    }

    /// The node's `/proc/uptime` counts from its own boot, where the kernel has time namespaces.
    private static var uptimeFromNow: [String] {
        var now = timespec()
        guard NodeFiles(root: "").exists("/proc/self/ns/time"), clock_gettime(CLOCK_BOOTTIME, &now) == 0 else {
            return []
        }
        return ["--time", "--boottime", "-\(now.tv_sec)"]
    }

    private func kernelState(_ node: SimulatedNode) -> KernelState {
        var powerOn = PowerOn(
            hardware: node.hardware, setup: node.setup, database: node.database,
            files: NodeFiles(root: layout.root(node.name)))
        let scripts = EarlyScripts(node: node, layout: layout)
        powerOn.runScripts = { scripts.run($0, in: $1, $2) }
        return powerOn.run()
    }

    private func prepare(_ node: SimulatedNode, _ state: KernelState, _ directory: String) throws(LabError) {
        let files = NodeFiles(root: "")
        files.removeTree(directory)
        for name in ["upper", "work", "proc", "runtime", "udev"] { files.makeDirectories("\(directory)/\(name)") }
        let sysfs = BootSysfs(node.hardware, node.setup, state, root: "\(directory)/upper")
        try sysfs.write()
        for (name, text) in sysfs.blockDevices.udevDatabase { try files.make("\(directory)/udev/\(name)", text) }
        var plan = ["name=\(node.name)", "root=\(layout.root(node.name))", "runtime=\(directory)/runtime"]
        let lower = layout.sysfs(machine: node.hardware.name)
        plan.append("sys=lowerdir=\(lower),upperdir=\(directory)/upper,workdir=\(directory)/work")
        let binds = binds(node) + [("\(directory)/udev", "/run/udev/data")]
        for (source, target) in binds { plan.append("bind=\(source)\t\(target)") }
        let proc = ProcFiles(hardware: node.hardware, setup: node.setup, state: state, bootID: node.bootID)
        for (path, text) in proc.contents {
            let copy = "\(directory)/proc/\(path.split(separator: "/").joined(separator: "."))"
            try files.make(copy, text, mode: 0o444)
            plan.append("proc=\(copy)\t\(path)")
        }
        if state.offline != nil { plan.append("offline=yes") }
        plan.append("onboot=\((onboot(node, "qemu-server") + onboot(node, "lxc")).joined(separator: " "))")
        try writeRuntime(node, state, "\(directory)/runtime")
        try files.make("\(directory)/init", plan.joined(separator: "\n") + "\n")
    }

    private func binds(_ node: SimulatedNode) -> [(String, String)] {
        var binds = [
            (layout.usr, "/usr"), (layout.modules(node.moduleKey), "/usr/lib/modules"),
            (runtime.executable, "/run/lab/vfiofleet-lab"), (layout.control, "/run/lab/control"),
        ]
        binds += runtime.libraries.map { ($0, $0) }
        return binds
    }

    private func writeRuntime(_ node: SimulatedNode, _ state: KernelState, _ directory: String) throws(LabError) {
        let files = NodeFiles(root: directory)
        try files.make("/node", NodeFacts(node.setup, node.hardware, running: state.release).text)
        try files.make("/enter", EnterScript.text(node.faults, node.setup.network), mode: 0o755)
        try files.make("/sshd_config", SSHDaemon.configuration(node))
        for case .sshdSlow(let seconds) in node.faults {
            try files.make("/keys", SSHDaemon.slowKeys(seconds), mode: 0o755)
        }
        try files.make("/network", NetworkBatch(node.hardware, node.setup, state).text)
        try files.make("/kernel.log", state.log.map { $0 + "\n" }.joined())
        try files.make("/journal", state.journal.map { $0 + "\n" }.joined())
        try files.make("/failed-units", state.failedUnits.map { $0 + "\n" }.joined())
        try files.make("/booted", "\(currentSeconds())\n")
        for fault in node.faults { try files.make("/fault-\(fault.word)", fault.value) }
    }

    /// `qm:100`, `pct:101`
    private func onboot(_ node: SimulatedNode, _ kind: String) -> [String] {
        let files = NodeFiles(root: layout.root(node.name))
        let directory = "/etc/pve/nodes/\(node.setup.hostName)/\(kind)"
        return files.list(directory).filter { $0.hasSuffix(".conf") }.filter { name in
            let text = files.text("\(directory)/\(name)") ?? ""
            return text.split(separator: "\n").prefix { !$0.hasPrefix("[") }.contains("onboot: 1")
        }.compactMap { Int($0.dropLast(5)) }.sorted().map { "\(kind == "lxc" ? "pct" : "qm"):\($0)" }
    }

    static func uuid() -> String {
        NodeFiles(root: "").firstLine("/proc/sys/kernel/random/uuid") ?? "00000000-0000-4000-8000-000000000000"
    }
}

/// The command that every login of root gets: its own, in the node's network.
enum EnterScript {
    static func text(_ faults: Set<Fault>, _ network: NodeSetup.Network) -> String {
        for case .cutAfter(let bytes) in faults { return cut(bytes) }
        return """
            #!/bin/sh
            # sshd listens on the machine's loopback; a real node's login comes in on its own address.
            set -- $SSH_CONNECTION
            export SSH_CONNECTION="\(network.gateway) $2 \(network.bareAddress) 22"
            if [ -z "$SSH_ORIGINAL_COMMAND" ]; then exec nsenter --net=/run/lab/net /bin/sh -l; fi
            exec nsenter --net=/run/lab/net /bin/sh -c "$SSH_ORIGINAL_COMMAND"

            """
    }

    private static func cut(_ bytes: Int) -> String {
        """
        #!/bin/sh
        nsenter --net=/run/lab/net /bin/sh -c "$SSH_ORIGINAL_COMMAND" | head -c \(bytes)
        kill -9 "$PPID"

        """
    }
}

/// Input for `ip -batch`: the cards that have a driver, the bridge, an address and a default route.
struct NetworkBatch {
    let text: String

    init(_ hardware: Hardware, _ setup: NodeSetup, _ state: KernelState) {
        let network = setup.network
        let served = hardware.functions.filter { state.drivers[$0.address].map { $0 != .vfio } ?? false }
        let present = network.ports.filter { port in
            served.contains { $0.networkNames.contains(port) } && port.utf8.count <= 15
        }
        var lines = ["link set lo up"]
        for (index, port) in present.enumerated() {
            lines.append("link add \(port) type veth peer name cable\(index)")
            lines.append("link set cable\(index) up")
        }
        if let bridge = network.bridge { lines.append("link add \(bridge) type bridge") }
        if let bond = network.bond {
            lines.append("link add \(bond) type bond mode active-backup")
            // In its place where this machine's kernel knows no bonds: of all this, only addresses and routes are looked at.
            lines.append("link add \(bond) type bridge")
        }
        if let bond = network.bond, let bridge = network.bridge { lines.append("link set \(bond) master \(bridge) up") }
        for port in present {
            // A bond takes only interfaces that are down.
            if let above = network.bond ?? network.bridge { lines.append("link set \(port) master \(above)") }
            lines.append("link set \(port) up")
        }
        if let uplink = network.uplink {
            lines.append("link set \(uplink) up")
            lines.append("addr add \(network.address) dev \(uplink)")
            lines.append("route add default via \(network.gateway) dev \(uplink)")
        }
        text = lines.joined(separator: "\n") + "\n"
    }
}
