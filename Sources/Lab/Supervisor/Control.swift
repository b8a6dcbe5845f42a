import Glibc

/// The lab's control socket: one line asks, the answer is text until the end of the stream.
///
/// Requests: `status`, `reboot NODE`, `poweroff NODE`, `power NODE on|off|cycle`, `fault NODE FAULT…`, `clear NODE`,
/// and `run HOST HEX…`, which see `PeerRequest`.
/// An answer that begins with `error: ` is a refusal.
struct ControlSocket {
    /// Listens at the path. The directory is entered through its descriptor, since such a path may be too long.
    static func listen(_ path: String) throws(LabError) -> Int32 {
        unlink(path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", path) }
        let bound = try withAddress(path) { Glibc.bind(descriptor, $0, $1) }
        guard bound == 0, chmod(path, 0o600) == 0, Glibc.listen(descriptor, 512) == 0 else {
            throw .system("listen", path)
        }
        return descriptor
    }

    /// Asks and waits for the answer.
    static func ask(_ path: String, _ request: String) throws(LabError) -> String {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system("socket", path) }
        defer { close(descriptor) }
        guard try withAddress(path, { connect(descriptor, $0, $1) }) == 0 else {
            throw LabError(.supervisor, "The lab's supervisor does not answer at \(path).")
        }
        send(descriptor, request + "\n")
        let answer = String(decoding: readAll(descriptor), as: UTF8.self)
        if answer.hasPrefix("error: ") { throw LabError(.invalid, String(answer.dropFirst(7))) }
        return answer
    }

    static func send(_ descriptor: Int32, _ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// One line, or nil when the stream ends before, or no byte comes for that long (sockets only).
    static func readLine(_ descriptor: Int32, seconds: Int?) -> String? {
        if let seconds {
            var wait = timeval(tv_sec: seconds, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        }
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.count < 1 << 18, read(descriptor, &byte, 1) == 1 {
            if byte == UInt8(ascii: "\n") { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
        return nil
    }

    private static func withAddress(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(LabError) -> Int32 {
        let parts = path.split(separator: "/")
        let directory = open("/" + parts.dropLast().joined(separator: "/"), openPathOnly | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw .system("open the directory of", path) }
        defer { close(directory) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let short = Array("/proc/self/fd/\(directory)/\(parts.last ?? "")".utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: short.prefix($0.count - 1)) }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// `O_PATH`, which glibc shows to GNU sources only.
private let openPathOnly: Int32 = 0o10000000
