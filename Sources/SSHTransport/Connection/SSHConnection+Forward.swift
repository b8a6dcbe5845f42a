import Glibc
import Remote

extension SSHConnection {
    /// A stream to `target` as seen from this host (`direct-tcpip`), as a descriptor that does not block. It keeps this
    /// connection open until it is closed.
    func forward(to target: Site, within limit: Duration) async throws(RemoteFailure) -> Descriptor {
        let deadline = ContinuousClock.now + limit
        guard let channel = Channel(on: session, collects: false) else {
            throw site.protocolError("libssh could not make a channel")
        }
        let late = target.connectTimedOut(limit)
        let step = try await finish(until: deadline, late: late) { _ in
            channel.openForward(to: target.endpoint.host, port: target.endpoint.port)
        }
        guard step == .done else { throw session.isConnected ? refusedForward(to: target) : lost() }
        guard let (inner, outer) = Descriptor.pair() else {
            throw target.unreachable("no more files can be opened here (ulimit -n)")
        }
        let forward = Forward(channel, Descriptor(outer), loop.reactor)
        Task { await pumpIn(forward) }
        Task { await pumpOut(forward) }
        return Descriptor(inner)
    }

    private func refusedForward(to target: Site) -> RemoteFailure {
        target.failure(
            .jumpFailed, "\(site.endpoint.description) could not open a way to \(target.place): \(session.errorText).",
            advice: "Check that the jump host can reach it and that its sshd_config has 'AllowTcpForwarding yes'.")
    }

    /// From the server's channel into the local stream. Reads only as fast as that is emptied.
    private func pumpIn(_ forward: Forward) async {
        while !forward.isOver, let bytes = attempt({ _ in forward.channel.read() }) {
            var rest = bytes[...]
            if rest.isEmpty, !(await waitForSocket(forward)) { break }
            while !rest.isEmpty, let count = forward.write(rest) {
                rest = rest.dropFirst(count)
                if !rest.isEmpty { await forward.wait(for: .write) }
            }
            if !rest.isEmpty { break }
        }
        end(forward)
    }

    /// From the local stream into the server's channel.
    private func pumpOut(_ forward: Forward) async {
        while !forward.isOver, let bytes = forward.read() {
            var rest = bytes[...]
            if rest.isEmpty { await forward.wait(for: .read) }
            while !rest.isEmpty, !forward.isOver, let count = attempt({ _ in forward.channel.write(rest) }) {
                rest = rest.dropFirst(count)
                if !rest.isEmpty, !(await waitForSocket(forward)) { break }
            }
            attempt { $0.process() }
            if !rest.isEmpty { break }
        }
        end(forward)
    }

    /// False when the connection or the stream is over.
    private func waitForSocket(_ forward: Forward) async -> Bool {
        do { try await pause(until: .now + .seconds(3600), late: site.cancelled()) } catch {
            return error.code == .cancelled && !Task.isCancelled
        }
        return !forward.isOver
    }

    private func end(_ forward: Forward) {
        forward.end()
        attempt { _ in forward.channel.close() }
        wakeAll()
    }
}

/// The local end of a stream through a jump host, and the channel it goes through.
private final class Forward {
    let channel: Channel
    private(set) var isOver = false
    private let reactor: Reactor
    private let source: Source
    private let local: Descriptor

    init(_ channel: Channel, _ local: consuming Descriptor, _ reactor: Reactor) {
        self.channel = channel
        self.reactor = reactor
        source = reactor.watch(local.number)
        self.local = local
    }

    /// The other end sees the end of the stream at once; the descriptor goes with the last user.
    func end() {
        guard !isOver else { return }
        isOver = true
        shutdown(local.number, CInt(SHUT_RDWR))
        reactor.forget(source)
    }

    func wait(for interest: Interest) async {
        guard !isOver else { return }
        _ = await reactor.wait(on: source, for: interest, until: .now + .seconds(3600))
    }

    /// What is there, at most 32 KiB; nil at the end.
    func read() -> [UInt8]? {
        var count = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 15) { buffer, filled in
            count = unsafe recv(local.number, buffer.baseAddress, buffer.count, 0)
            filled = max(0, count)
        }
        if count > 0 { return bytes }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? [] : nil
    }

    /// Bytes taken; nil when the other end is gone.
    func write(_ bytes: ArraySlice<UInt8>) -> Int? {
        let flags = CInt(MSG_NOSIGNAL)
        let count = unsafe bytes.withUnsafeBytes { unsafe send(local.number, $0.baseAddress, $0.count, flags) }
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }
}
