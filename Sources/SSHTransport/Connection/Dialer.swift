import Glibc
import Remote

/// Opens TCP connections without blocking.
struct Dialer: Sendable {
    let loop: EventLoop
    let resolver: NameResolver

    /// Tries the host's addresses in turn, the remaining time shared among those that are left.
    func dial(_ site: Site, within limit: Duration) async throws(RemoteFailure) -> Descriptor {
        let deadline = ContinuousClock.now + limit
        let host = site.endpoint.host
        guard let answer = await resolver.addresses(of: host, port: site.endpoint.port, until: deadline) else {
            throw Task.isCancelled ? site.cancelled() : site.nameNotResolved("no answer within the time for connecting")
        }
        var addresses: [SocketAddress]
        switch answer {
        case .success(let found): addresses = found
        case .failure(let problem): throw site.nameNotResolved(problem.reason)
        }
        var failure = site.nameNotResolved("it has no address")
        while let address = addresses.popFirst() {
            let share = ContinuousClock.now.duration(to: deadline) / (addresses.count + 1)
            switch await connect(to: address, until: .now + share) {
            case .connected(let number): return Descriptor(number)
            case .failed(let code): failure = Self.failure(code, site)
            case .timedOut: failure = site.connectTimedOut(limit)
            case .cancelled: throw site.cancelled()
            }
        }
        throw failure
    }

    private enum Outcome {
        case connected(CInt)
        case failed(CInt)
        case timedOut, cancelled
    }

    private func connect(to address: SocketAddress, until deadline: ContinuousClock.Instant) async -> Outcome {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Descriptor(socket(address.family, kind, 0))
        guard descriptor.number >= 0 else { return .failed(errno) }
        descriptor.setOption(CInt(IPPROTO_TCP), TCP_NODELAY)
        descriptor.setKeepAlive()
        switch descriptor.connect(to: address) {
        case 0: return .connected(descriptor.release())
        case EINPROGRESS: break
        case let code: return .failed(code)
        }
        let source = loop.reactor.watch(descriptor.number)
        let wake = await loop.reactor.wait(on: source, for: .write, until: deadline)
        loop.reactor.forget(source)
        switch wake {
        case .timedOut: return .timedOut
        case .cancelled: return .cancelled
        case .ready: break
        }
        let code = descriptor.pendingError
        return code == 0 ? .connected(descriptor.release()) : .failed(code)
    }

    private static func failure(_ code: CInt, _ site: Site) -> RemoteFailure {
        switch code {
        case ECONNREFUSED: site.connectionRefused()
        case ETIMEDOUT: site.unreachable("the connection timed out in the kernel")
        default: site.unreachable(unsafe String(cString: strerror(code)))
        }
    }
}

extension Descriptor {
    fileprivate borrowing func setOption(_ level: CInt, _ name: CInt, _ value: CInt = 1) {
        var value = value
        unsafe setsockopt(number, level, name, &value, socklen_t(MemoryLayout<CInt>.size))
    }

    /// A connection that is kept open is known to be dead within a minute, instead of tcp(7)'s two hours.
    fileprivate borrowing func setKeepAlive() {
        setOption(SOL_SOCKET, SO_KEEPALIVE)
        setOption(CInt(IPPROTO_TCP), TCP_KEEPIDLE, 30)
        setOption(CInt(IPPROTO_TCP), TCP_KEEPINTVL, 10)
        setOption(CInt(IPPROTO_TCP), TCP_KEEPCNT, 3)
    }

    /// 0 or an errno.
    fileprivate borrowing func connect(to address: SocketAddress) -> CInt {
        let result = unsafe address.bytes.withUnsafeBytes { bytes in
            unsafe Glibc.connect(
                number, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(bytes.count))
        }
        return result == 0 ? 0 : errno
    }

    fileprivate var pendingError: CInt {
        var code: CInt = 0
        var size = socklen_t(MemoryLayout<CInt>.size)
        return unsafe getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
    }
}

extension Array {
    fileprivate mutating func popFirst() -> Element? { isEmpty ? nil : removeFirst() }
}
