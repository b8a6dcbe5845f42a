public import Fleet
internal import Foundation

/// The file through which commands find the controller.
public enum ControlSocket {
    public enum State: Hashable, Sendable {
        case absent
        /// A file that nobody listens at any more.
        case silent
        /// This user may not connect.
        case forbidden
        case listening
        /// Something that is no socket.
        case foreign
    }

    /// Looks by connecting, which alone tells whether somebody listens.
    public static func state(of path: String) -> State {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return .absent }
        defer { close(descriptor) }
        // Where many are waiting to be let in, somebody listens.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        guard withAddress(path, { connect(descriptor, $0, $1) }) != 0 else { return .listening }
        switch errno {
        case EACCES, EPERM: return .forbidden
        case EAGAIN, EINPROGRESS: return .listening
        case ECONNREFUSED: return number(of: path) != nil ? .silent : .foreign
        case ENOENT, ENOTDIR: return .absent
        default: return .foreign
        }
    }

    /// Makes room for a socket: one that a killed process left is taken away. Fails with `control-cannot-listen`.
    public static func prepare(_ path: String) throws(FleetError) {
        guard path.utf8.count <= ControlSettings.longestPath else {
            throw cannotListen(path, "The path has more than \(ControlSettings.longestPath) bytes.")
        }
        switch state(of: path) {
        case .absent: break
        case .silent: unlink(path)
        case .listening, .forbidden: throw cannotListen(path, "Another process listens there.")
        case .foreign: throw cannotListen(path, "There is something else.")
        }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        guard access(folder, W_OK | X_OK) == 0 else { throw cannotListen(path, "Its folder can't be written to.") }
    }

    /// Fails with `control-group-unknown`, and with `control-cannot-listen` where this user can't give anything to it.
    public static func check(_ group: String) throws(FleetError) {
        guard let number = LocalAccount.group(group) else {
            throw FleetError(
                "control-group-unknown", "There is no group “\(group)” on this machine.",
                advice: "Make it (addgroup --system \(group)), or name another: control: group.")
        }
        var groups = [gid_t](repeating: 0, count: 1024)
        let count = max(0, Int(getgroups(Int32(groups.count), &groups)))
        guard geteuid() == 0 || getegid() == number || groups.prefix(count).contains(number) else {
            throw FleetError(
                "control-group-foreign", "The controller's user is no member of the group “\(group)”.",
                advice: "Make it one, in the unit with SupplementaryGroups=\(group), or name another: control: group.")
        }
    }

    /// Gives it to its group, or keeps it its owner's alone.
    static func restrict(_ path: String, to group: String?) {
        guard let number = group.flatMap(LocalAccount.group), chown(path, uid_t.max, number) == 0 else {
            return SocketFile.restrict(path, 0o600)
        }
        SocketFile.restrict(path)
    }

    /// Tells a socket's file from a later one at the same path; nil = there is none.
    static func number(of path: String) -> UInt64? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
        return UInt64(status.st_ino)
    }

    /// Takes the file away, unless another process has put its own there meanwhile.
    static func remove(_ path: String, numbered number: UInt64?) {
        if let number, self.number(of: path) == number { unlink(path) }
    }

    private static func cannotListen(_ path: String, _ reason: String) -> FleetError {
        FleetError(
            "control-cannot-listen", "The controller can't listen on \(path): \(reason)",
            advice: "Name another place: control: socket.")
    }

    private static func withAddress<T>(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> T) -> T? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

enum SocketFile {
    static func restrict(_ path: String, _ mode: Int = 0o660) {
        try? FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
}
