import Glibc

/// The thread on which libssh talks to ssh-agent, since it waits for each of its answers. One agent answers one question
/// at a time anyway.
actor AgentThread {
    private nonisolated let loop = EventLoop(name: "ssh-agent")
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor }

    /// A connection to the agent that listens at `path`, which does not block from here on; nil when there is none, or none
    /// in time.
    func connect(to path: String, until deadline: ContinuousClock.Instant) -> Descriptor? {
        ContinuousClock.now < deadline ? Descriptor.agent(at: path) : nil
    }

    /// The caller leaves the session alone meanwhile.
    func authenticate(_ session: Session, user: String) -> Authentication {
        session.authenticateByAgent(user: user)
    }
}

extension Descriptor {
    /// Blocks for at most five seconds, when many connect at once.
    fileprivate static func agent(at path: String) -> Descriptor? {
        var address = sockaddr_un()
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
        let socket = Descriptor(Glibc.socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        unsafe setsockopt(
            socket.number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let status = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(socket.number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0, fcntl(socket.number, F_SETFL, O_NONBLOCK) == 0 else { return nil }
        return socket
    }
}
