import Glibc

/// The first process of a node: makes its file systems and network, then becomes its sshd.
///
/// It runs in mount, pid and host-name namespaces of its own, but in the machine's network: there sshd listens,
/// while commands run in the node's network (`enter`).
public enum NodeInit {
    /// - Parameter path: a file of `key=value` lines; `mount` and `bind` may come more than once.
    /// - Returns: only when the node can't be started.
    public static func run(plan path: String) -> Int32 {
        do throws(LabError) {
            try start(Plan(NodeFiles(root: "").text(path) ?? ""))
        } catch {
            warn("\(error)\n")
        }
        return 1
    }

    private static func start(_ plan: Plan) throws(LabError) {
        let root = plan["root"]
        sethostname(plan["name"], plan["name"].utf8.count)
        try makeFileSystems(root)
        for bind in plan.binds { try bindMount(bind.source, root + bind.target) }
        try attach("overlay", root + "/sys", "overlay", options: plan["sys"])
        for (source, target) in plan.procFiles {
            // A kernel without loadable modules has no /proc/modules to hide.
            let place = root + "/proc/" + target
            if NodeFiles(root: "").exists(place) { try bindMount(source, place) }
        }
        try copyRuntime(plan["runtime"], root)
        guard chdir(root) == 0 else { throw .system("chdir", root) }
        try attach(".", "/", nil, flags: UInt(MS_MOVE))
        guard chroot(".") == 0, chdir("/") == 0 else { throw .system("chroot", root) }
        try makeNetwork()
        startGuests(plan["onboot"])
        let units = ServiceUnits(NodeFiles(root: ""))
        for unit in units.wanted { units.start(unit) }
        // Where no network leads to it, nobody can tell whether sshd runs.
        let daemon = ["/usr/sbin/sshd", "-D", "-f", "/run/lab/sshd_config", "-E", "/run/lab/sshd.log"]
        let words = plan["offline"].isEmpty ? daemon : ["/usr/bin/sleep", "infinity"]
        let pointers = words.map { strdup($0) }
        execv(words[0], pointers + [nil])
        throw .system("exec", words[0])
    }

    private static func makeFileSystems(_ root: String) throws(LabError) {
        try attach("proc", root + "/proc", "proc")
        for directory in ["/run", "/tmp", "/dev"] {
            try attach("tmpfs", root + directory, "tmpfs", options: "mode=755,size=16m")
        }
        chmod(root + "/tmp", 0o1777)
        let files = NodeFiles(root: root)
        for name in ["null", "zero", "full", "random", "urandom", "tty"] {
            try files.make("/dev/\(name)", "")
            try bindMount("/dev/\(name)", root + "/dev/\(name)")
        }
        for name in ["pts", "shm"] { files.makeDirectories("/dev/\(name)") }
        try attach("devpts", root + "/dev/pts", "devpts", options: "newinstance,ptmxmode=0666,mode=620")
        try files.link("/dev/ptmx", to: "pts/ptmx")
        for (name, number) in [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
            try files.link("/dev/\(name)", to: "/proc/self/fd\(number)")
        }
        for directory in ["/run/sshd", "/run/lab", "/run/lock", "/run/qemu-server"] { files.makeDirectories(directory) }
        try files.make("/run/lab/control", "")
        try files.make("/run/lab/net", "")
    }

    /// What the supervisor prepared for `/run/lab`.
    private static func copyRuntime(_ source: String, _ root: String) throws(LabError) {
        let files = NodeFiles(root: root)
        for name in NodeFiles(root: "").list(source) {
            try files.copy(from: "\(source)/\(name)", to: "/run/lab/\(name)")
        }
        for name in ["enter", "keys"] { chmod(root + "/run/lab/\(name)", 0o755) }
    }

    private static func makeNetwork() throws(LabError) {
        let result = try Process("unshare", ["--net=/run/lab/net", "ip", "-force", "-batch", "/run/lab/network"]).run(
            capture: true)
        if result.status != 0 { warn("The node's network is incomplete: \(result.output)") }
    }

    /// As pve-guests.service does after a boot, without keeping sshd waiting.
    private static func startGuests(_ guests: String) {
        guard !guests.isEmpty else { return }
        // A container is known by a socket in the node's own network namespace.
        let loop =
            "for id in \(guests); do nsenter --net=/run/lab/net /usr/sbin/${id%%:*} start ${id#*:}; done"
        _ = try? Process("/bin/sh", ["-c", loop], newSession: true).start()
    }

    private static func warn(_ text: String) {
        let bytes = Array("lab-init: \(text)".utf8)
        _ = write(2, bytes, bytes.count)
    }

    private struct Plan {
        private var values: [String: String] = [:]
        private(set) var binds: [(source: String, target: String)] = []
        private(set) var procFiles: [(source: String, target: String)] = []

        subscript(key: String) -> String { values[key] ?? "" }

        init(_ text: String) {
            for line in text.split(separator: "\n") {
                let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
                guard parts.count == 2 else { continue }
                let words = parts[1].split(separator: "\t").map(String.init)
                switch parts[0] {
                case "bind" where words.count == 2: binds.append((words[0], words[1]))
                case "proc" where words.count == 2: procFiles.append((words[0], words[1]))
                default: values[parts[0]] = parts[1]
                }
            }
        }
    }
}

/// `mount(2)`.
func attach(
    _ source: String, _ target: String, _ type: String?, flags: UInt = 0, options: String? = nil
) throws(LabError) {
    guard mount(source, target, type, flags, options) == 0 else { throw .system("mount", "\(source) on \(target)") }
}

/// Binds a directory or file, making the place for it where it is missing.
func bindMount(_ source: String, _ target: String) throws(LabError) {
    let flags = UInt(MS_BIND) | UInt(MS_REC)
    if mount(source, target, nil, flags, nil) == 0 { return }
    let files = NodeFiles(root: "")
    if files.isDirectory(source) {
        files.makeDirectories(target)
    } else {
        try files.make(target, "")
    }
    try attach(source, target, nil, flags: flags)
}
