import Glibc

/// A stream through a jump host: a channel of the connection to it, and this side's end of a local stream whose other end
/// looks like a socket to the target.
///
/// It has no task and never waits: its connection calls `move` whenever the channel, the local end or the room for output
/// may have changed.
final class Forward {
    let channel: Channel
    let source: Source
    private(set) var isOver = false
    private let reactor: Reactor
    private let local: Descriptor
    /// Bytes on their way, which the next part of the way did not take yet.
    private var inbound: ArraySlice<UInt8> = []
    private var outbound: ArraySlice<UInt8> = []

    init(_ channel: Channel, _ local: consuming Descriptor, _ reactor: Reactor) {
        self.channel = channel
        self.reactor = reactor
        source = reactor.watch(local.number)
        self.local = local
    }

    deinit { end() }

    /// The other end sees the end of the stream at once.
    func end() {
        guard !isOver else { return }
        isOver = true
        shutdown(local.number, CInt(SHUT_RDWR))
        reactor.forget(source)
    }

    /// What the local end has to be ready for before there is more to do: bytes are fetched only where those before went.
    var interest: Interest {
        var interest: Interest = inbound.isEmpty ? [] : .write
        if !channel.events.awaitsRoom { interest.insert(.read) }
        return interest
    }

    /// Moves as much as both sides take. False when the stream has come to its end. Sets the channel's `awaitsRoom`.
    func move(_ session: Session) -> Bool { moveIn() && moveOut(session) }

    private func moveIn() -> Bool {
        while true {
            if inbound.isEmpty {
                guard let bytes = channel.read() else { return false }
                if bytes.isEmpty { return !channel.events.hasEnded && !channel.events.isClosed }
                inbound = bytes[...]
            }
            guard let count = send(inbound) else { return false }
            inbound = inbound.dropFirst(count)
            if !inbound.isEmpty { return true }
        }
    }

    /// One piece at a time, so that one busy stream does not keep the thread: what is left makes the local end ready again.
    private func moveOut(_ session: Session) -> Bool {
        channel.events.awaitsRoom = session.hasBacklog
        if channel.events.awaitsRoom { return true }
        if outbound.isEmpty {
            guard let bytes = receive() else { return false }
            outbound = bytes[...]
        }
        if outbound.isEmpty { return true }
        guard let count = channel.write(outbound) else { return false }
        outbound = outbound.dropFirst(count)
        channel.events.awaitsRoom = !outbound.isEmpty
        return true
    }

    /// What is there, at most 32 KiB; nil at the end.
    private func receive() -> [UInt8]? {
        var count = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 1 << 15) { buffer, filled in
            count = unsafe recv(local.number, buffer.baseAddress, buffer.count, 0)
            filled = max(0, count)
        }
        if count > 0 { return bytes }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? [] : nil
    }

    /// Bytes taken; nil when the other end is gone.
    private func send(_ bytes: ArraySlice<UInt8>) -> Int? {
        let flags = CInt(MSG_NOSIGNAL)
        let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.send(local.number, $0.baseAddress, $0.count, flags) }
        if count >= 0 { return count }
        return errno == EAGAIN || errno == EINTR ? 0 : nil
    }
}
