import Glibc

/// What `up` is asked for.
public struct LabOptions: Sendable {
    /// A directory of machine descriptions.
    public var machines: String
    /// A set-up document.
    public var setup: String?
    /// How many nodes; nil = one for each machine. Ignored where the set-up names nodes.
    public var count: Int?
    /// Node *i* listens on this port plus *i*; nil = the kernel chooses.
    public var portBase: UInt16?

    public init(machines: String, setup: String? = nil, count: Int? = nil, portBase: UInt16? = nil) {
        self.machines = machines
        self.setup = setup
        self.count = count
        self.portBase = portBase
    }
}

/// A lab: simulated nodes behind real sshd processes on loopback, and one supervisor that is their parent.
///
/// Everything lives in the supervisor's namespaces and in the lab's directory; needs root.
public struct Lab: Sendable {
    let layout: LabLayout

    /// - Parameter directory: where the lab's files are or will be.
    public init(directory: String) {
        let isAbsolute = directory.hasPrefix("/")
        let current = NodeFiles(root: "").link("/proc/self/cwd") ?? ""
        layout = LabLayout(directory: isAbsolute ? directory : "\(current)/\(directory)")
    }

    public var inventory: String { layout.inventory }
    public var key: String { layout.key }
    public var knownHosts: String { layout.knownHosts }

    /// Starts the nodes and returns when all of them answer but those whose set-up leaves them unreachable.
    /// - Parameter executable: the `vfiofleet-lab` program, which the supervisor and the nodes' programs are.
    public func up(_ options: LabOptions, executable: String) throws(LabError) {
        guard geteuid() == 0 else {
            throw LabError(.system, "A lab needs root's rights: run it with sudo.")
        }
        guard !NodeFiles(root: "").exists(layout.record) else {
            throw LabError(
                .directory, "\(layout.directory) already holds a lab; end it with `vfiofleet-lab down` first.")
        }
        NodeFiles(root: "").makeDirectories(layout.directory)
        do throws(LabError) {
            try makeKey()
            try startSupervisor(options, executable)
            try waitForNodes()
        } catch {
            try? down()
            throw error
        }
    }

    private func makeKey() throws(LabError) {
        for path in [layout.key, layout.key + ".pub"] { unlink(path) }
        let made = try Process("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", layout.key])
            .run(capture: true)
        guard made.status == 0 else { throw LabError(.program, "ssh-keygen failed: \(made.output)") }
    }

    private func startSupervisor(_ options: LabOptions, _ executable: String) throws(LabError) {
        let log = open(layout.log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard log >= 0 else { throw .system("open", layout.log) }
        defer { close(log) }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw .system("pipe", layout.directory) }
        closeOnExec()
        defer { close(ends[0]) }
        var words = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
        words += [executable, "lab-supervisor", layout.directory, options.machines, options.setup ?? ""]
        words += [options.count.map(String.init) ?? "", options.portBase.map(String.init) ?? ""]
        let process: pid_t
        do {
            process = try Process("unshare", words, descriptors: [-1, ends[1], log], newSession: true).start()
        } catch {
            close(ends[1])
            throw error
        }
        close(ends[1])
        if let mark = ProcessMark(pid: process) { try record(mark) }
        // One line, not all: unshare keeps the other end open.
        guard ControlSocket.readLine(ends[0], seconds: nil) == "ready" else {
            throw LabError(.boot, "The lab did not start.\n\(NodeFiles(root: "").text(layout.log) ?? "")")
        }
    }

    /// The supervisor outlives its caller, who may wait for the end of descriptors that it gave us.
    private func closeOnExec() {
        for descriptor in NodeFiles(root: "").list("/proc/self/fd").compactMap({ Int32($0) }) where descriptor > 2 {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        }
    }

    private func record(_ mark: ProcessMark) throws(LabError) {
        try NodeFiles(root: "").make(layout.record, "\(mark.pid) \(mark.startTime)\n")
    }

    /// Nodes that run must answer; one whose set-up leaves it unreachable is let be.
    private func waitForNodes() throws(LabError) {
        let deadline = ContinuousClock.now + .seconds(60)
        var waiting = try status().filter { $0.power == "running" }
        while true {
            waiting = waiting.filter { !Ports.answers($0.address, $0.port) }
            if waiting.isEmpty { return }
            let states = try status()
            for node in waiting {
                guard let state = states.first(where: { $0.name == node.name }), state.power != "running" else {
                    continue
                }
                throw LabError(.boot, "\(node.name) did not start.\n\(NodeFiles(root: "").text(layout.log) ?? "")")
            }
            guard ContinuousClock.now < deadline else { break }
            usleep(20_000)
        }
        throw LabError(.boot, "These nodes do not answer: \(waiting.map(\.name).joined(separator: ", ")).")
    }

    /// The state of each node, in the inventory's order.
    public func status() throws(LabError) -> [LabNode] {
        try ask("status").split(separator: "\n").compactMap { LabNode(line: $0) }
    }

    /// Orders faults beside those the node has.
    public func order(_ faults: [Fault], node: String) throws(LabError) {
        _ = try ask("fault \(node) " + faults.map(\.description).joined(separator: " "))
    }

    /// Ends all faults of a node; one that is off stays off.
    public func clearFaults(node: String) throws(LabError) { _ = try ask("clear \(node)") }

    /// `on`, `off` or `cycle`, as by the switch on the case: it works on nodes that do not answer.
    public func power(_ word: String, node: String) throws(LabError) { _ = try ask("power \(node) \(word)") }

    private func ask(_ request: String) throws(LabError) -> String {
        guard NodeFiles(root: "").exists(layout.record) else {
            throw LabError(.directory, "\(layout.directory) holds no lab; start one with `vfiofleet-lab up`.")
        }
        return try ControlSocket.ask(layout.control, request)
    }

    /// Ends what `up` started, and removes what it wrote. It works after a crash of the supervisor too: then the
    /// kernel has ended everything already.
    public func down() throws(LabError) {
        let files = NodeFiles(root: "")
        guard files.exists(layout.directory) else { return }
        let words = (files.firstLine(layout.record) ?? "").split(separator: " ")
        if words.count == 2, let pid = Int32(words[0]), let ticks = UInt64(words[1]) {
            try end(ProcessMark(pid: pid, startTime: ticks))
        }
        for path in layout.all { files.removeTree(path) }
        rmdir(layout.directory)
    }

    private func end(_ mark: ProcessMark) throws(LabError) {
        guard mark.isAlive else { return }
        // The first process of the lab's pid namespace is the child; the kernel ends all others with it.
        let children = NodeFiles(root: "").text("/proc/\(mark.pid)/task/\(mark.pid)/children") ?? ""
        let supervisor = children.split(separator: " ").first.flatMap { Int32($0) }.flatMap { ProcessMark(pid: $0) }
        if let supervisor { kill(supervisor.pid, SIGKILL) }
        kill(mark.pid, SIGKILL)
        for _ in 0..<1000 {
            waitpid(mark.pid, nil, WNOHANG)
            if !mark.isAlive && !(supervisor?.isAlive ?? false) { return }
            usleep(10_000)
        }
        throw LabError(.supervisor, "The lab's process \(mark.pid) does not end.")
    }
}

/// What a lab tells about one of its nodes.
public struct LabNode: Hashable, Sendable, Codable {
    public var name: String
    /// `running`, `off`, or `unreachable` = on, but nothing answers.
    public var power: String
    public var address: String
    public var port: UInt16
    public var machine: String
    public var bootID: String
    /// How often it booted; 1 after `up`.
    public var boots: Int
    public var faults: [String]
    /// Why it is unreachable.
    public var reason: String?

    init(_ node: SimulatedNode) {
        name = node.name
        power = node.power.rawValue
        address = node.address
        port = node.port
        machine = node.hardware.name
        bootID = node.bootID
        boots = node.boots
        faults = node.faults.map(\.description).sorted()
        reason = node.reason
    }

    /// It is on, and its sshd answers.
    public var isRunning: Bool { power == "running" }

    var line: String {
        [name, power, address, "\(port)", machine, bootID, "\(boots)", faults.joined(separator: ","), reason ?? ""]
            .joined(separator: "\t")
    }

    init?(line: Substring) {
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard fields.count == 9, let port = UInt16(fields[3]), let boots = Int(fields[6]) else { return nil }
        name = fields[0]
        power = fields[1]
        address = fields[2]
        self.port = port
        machine = fields[4]
        bootID = fields[5]
        self.boots = boots
        faults = fields[7].split(separator: ",").map(String.init)
        reason = fields[8].isEmpty ? nil : fields[8]
    }
}
