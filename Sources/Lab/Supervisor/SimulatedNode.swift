import Fleet
import Glibc

/// One node as its supervisor sees it: what it is, and whether it runs.
struct SimulatedNode {
    enum Power: String, Sendable {
        case off
        case running
        /// On, but nothing answers; the kernel state says why.
        case unreachable
    }

    let name: String
    let hardware: Hardware
    let setup: NodeSetup
    let database: ModuleDatabase
    let address: String
    let port: UInt16
    /// Keeps the port while the node is off.
    let reservation: Int32

    var power = Power.off
    var process: pid_t?
    var bootID = ""
    var boots = 0
    var faults: Set<Fault> = []
    var reason: String?

    var moduleKey: String { "\(hardware.name)-\(setup.kernelRelease)" }

    /// The child of `unshare`: the node's first process. `/proc` is that of the supervisor's own namespace.
    var firstProcess: pid_t? {
        guard let unshare = process else { return nil }
        let children = NodeFiles(root: "").text("/proc/\(unshare)/task/\(unshare)/children") ?? ""
        return children.split(separator: " ").first.flatMap { pid_t($0) }
    }
}

/// Finds ports for nodes.
enum Ports {
    /// Binds without listening, so that the port stays ours while the node reboots: sshd may bind beside it since both
    /// allow reuse and this socket does not listen.
    /// - Parameter wanted: 0 = any free one.
    static func reserve(_ address: String, _ wanted: UInt16) throws(LabError) -> (descriptor: Int32, port: UInt16) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", address) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = wanted.bigEndian
        inet_pton(AF_INET, address, &place.sin_addr)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
                bind(descriptor, plain, length) == 0 && getsockname(descriptor, plain, &length) == 0
            }
        }
        guard status else {
            let error = LabError.system("bind", "\(address):\(wanted)")
            close(descriptor)
            throw error
        }
        return (descriptor, UInt16(bigEndian: place.sin_port))
    }

    /// sshd answers there: its greeting begins with `SSH-`.
    static func answers(_ address: String, _ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var wait = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = port.bigEndian
        inet_pton(AF_INET, address, &place.sin_addr)
        let connected = withUnsafePointer(to: place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        var greeting = [UInt8](repeating: 0, count: 4)
        return connected && recv(descriptor, &greeting, 4, Int32(MSG_WAITALL)) == 4
            && greeting == Array("SSH-".utf8)
    }
}
