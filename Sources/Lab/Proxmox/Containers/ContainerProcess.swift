import Glibc

/// The process of a container, known as Proxmox knows it: by LXC's command socket in the kernel's list.
struct ContainerProcess {
    let node: ProxmoxNode
    let vmid: String

    /// An abstract name, seen only in the node's own network namespace. A test's tree is part of its name.
    private var socketName: String { "\(node.root)/var/lib/lxc/\(vmid)/command" }
    private var pidFile: String { "/run/lxc/\(vmid).pid" }

    var isRunning: Bool {
        let sockets = NodeFiles(root: "").text("/proc/net/unix") ?? ""
        return sockets.split(separator: "\n").contains { $0.hasSuffix(" @\(socketName)") }
    }

    func start() throws {
        let words = [node.container.executable] + node.container.prefix + ["-F", "-n", vmid, "-s", socketName]
        guard let process = spawn(node.container.executable, words) else {
            throw ProxmoxFailure("startup for container '\(vmid)' failed")
        }
        node.files.makeDirectories("/run/lxc")
        try node.files.replace(pidFile, with: Array("\(process)\n".utf8), mode: 0o644)
        for _ in 0..<500 where !isRunning { usleep(2000) }
        if !isRunning { throw ProxmoxFailure("startup for container '\(vmid)' failed") }
    }

    func end() {
        guard let process = node.files.firstLine(pidFile).flatMap({ pid_t($0) }) else { return }
        if isRunning { endProcess(process, killingAfter: 100) } else { _ = isGone(process) }
        node.files.remove(pidFile)
    }

    /// `lxc-start -F -n ID`: a container's whole life. It holds the command socket until a signal ends it.
    static func live(_ arguments: [String]) -> Never {
        let name = arguments.last ?? ""
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = [0] + Array(name.utf8.prefix(100))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = bind(descriptor, $0, length) }
        }
        listen(descriptor, 8)
        waitForTermination()
    }
}
