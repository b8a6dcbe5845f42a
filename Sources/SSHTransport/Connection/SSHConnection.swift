import Fleet
import Remote

/// One SSH connection. All of its work runs on the reactor's thread; where libssh would block, it waits there.
actor SSHConnection: RemoteShell {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor }

    nonisolated let site: Site
    /// A variable only so that it can't be reached past the actor.
    private(set) var session: Session
    private let source: Source
    /// The connection that carries this one, when it goes through a jump host.
    private let carrier: SSHConnection?
    private var openChannels = 0
    private(set) var isClosed = false

    /// sshd's default `MaxSessions` is 10.
    private static let mostChannels = 8

    init(_ session: Session, to site: Site, through carrier: SSHConnection?, on loop: EventLoop) {
        self.session = session
        self.site = site
        self.carrier = carrier
        self.loop = loop
        source = loop.reactor.watch(session.descriptor)
    }

    deinit { loop.reactor.forget(source) }

    /// The key the server proved to hold.
    var hostKey: HostKey? { session.hostKey }

    /// False once it can carry nothing more.
    var isUsable: Bool { !isClosed && session.isConnected }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        session.hangUp()
        wakeAll()
    }

    /// Makes every task that waits for this connection look again.
    func wakeAll() { loop.reactor.wake(source) }

    // MARK: Waiting

    /// Makes one call into libssh. Bytes that came in meanwhile may be for other tasks of this connection, whose sockets
    /// will not become ready for them any more: they look again. Output that is left over goes out when one of the waits
    /// for the socket sees that it can be written.
    func attempt<Result>(_ call: (Session) -> Result) -> Result {
        let before = session.bytesReceived
        let result = call(session)
        if session.bytesReceived != before { loop.reactor.wake(source) }
        if session.isConnected, session.interest.contains(.write) { loop.reactor.extend(source, to: .write) }
        return result
    }

    /// Repeats a call until libssh needs no more waiting for it.
    func finish(
        until deadline: ContinuousClock.Instant, late: @autoclosure () -> RemoteFailure,
        _ call: (Session) -> Session.Step
    ) async throws(RemoteFailure) -> Session.Step {
        while true {
            let step = attempt(call)
            if step != .again { return step }
            try await pause(until: deadline, late: late())
        }
    }

    /// Waits until there may be something to do.
    func pause(
        until deadline: ContinuousClock.Instant, late: @autoclosure () -> RemoteFailure
    ) async throws(RemoteFailure) {
        guard session.isConnected, !isClosed else { throw lost() }
        switch await loop.reactor.wait(on: source, for: session.interest, until: deadline) {
        case .ready: return
        case .timedOut: throw late()
        case .cancelled: throw site.cancelled()
        }
    }

    func lost() -> RemoteFailure { site.connectionLost(isClosed ? "it was closed here" : session.errorText) }

    // MARK: Channels

    /// Waits for a free place among the channels of this connection, and opens one.
    func withChannel<Value>(
        limit: Int, until deadline: ContinuousClock.Instant, late: @autoclosure () -> RemoteFailure,
        _ body: (Channel) async throws(RemoteFailure) -> Value
    ) async throws(RemoteFailure) -> Value {
        while openChannels >= Self.mostChannels { try await pause(until: deadline, late: late()) }
        openChannels += 1
        defer {
            openChannels -= 1
            wakeAll()
        }
        let channel = try await openChannel(limit: limit, until: deadline, late: late())
        defer { attempt { _ in channel.close() } }
        return try await body(channel)
    }

    /// sshd counts a session until it has cleaned up after it, some time after its end: a refusal may pass.
    private func openChannel(
        limit: Int, until deadline: ContinuousClock.Instant, late: @autoclosure () -> RemoteFailure
    ) async throws(RemoteFailure) -> Channel {
        for _ in 0..<40 {
            guard session.isConnected, !isClosed else { throw lost() }
            guard let channel = Channel(on: session, limit: limit, collects: true) else {
                throw site.protocolError("libssh could not make a channel")
            }
            if try await finish(until: deadline, late: late(), { _ in channel.openSession() }) == .done {
                return channel
            }
            if await loop.reactor.wait(until: .now + .milliseconds(50)) == .cancelled { throw site.cancelled() }
        }
        throw refused("a session")
    }

    func refused(_ what: String) -> RemoteFailure {
        guard session.isConnected else { return lost() }
        return site.protocolError("the server refused \(what): \(session.errorText)")
    }
}
