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
        local.shutDown()
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
            guard let count = local.send(inbound) else { return false }
            inbound = inbound.dropFirst(count)
            if !inbound.isEmpty { return true }
        }
    }

    /// One piece at a time, so that one busy stream does not keep the thread: what is left makes the local end ready again.
    private func moveOut(_ session: Session) -> Bool {
        channel.events.awaitsRoom = session.hasBacklog
        if channel.events.awaitsRoom { return true }
        if outbound.isEmpty {
            guard let bytes = local.receive() else { return false }
            outbound = bytes[...]
        }
        if outbound.isEmpty { return true }
        guard let count = channel.write(outbound) else { return false }
        outbound = outbound.dropFirst(count)
        channel.events.awaitsRoom = !outbound.isEmpty
        return true
    }
}
