import Fleet
import Remote

/// One SSH connection. All of its work runs on the reactor's thread; where libssh would block, it waits there.
///
/// Until the login is done, the one task that connects has the session to itself. From then on whatever comes in is taken
/// as it comes, and only those are told whom it concerns (`SSHConnection+Progress`).
actor SSHConnection: RemoteShell {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor }

    nonisolated let site: Site
    /// A variable only so that it can't be reached past the actor.
    private(set) var session: Session
    let source: Source
    /// The connection that carries this one, when it goes through a jump host.
    private let carrier: SSHConnection?
    private(set) var isClosed = false
    var progress: Progress
    private var openChannels = 0
    /// Fires when a channel is given back.
    private let places: Signal

    /// sshd's default `MaxSessions` is 10.
    private static let mostChannels = 8

    init(_ session: Session, to site: Site, through carrier: SSHConnection?, on loop: EventLoop) {
        self.session = session
        self.site = site
        self.carrier = carrier
        self.loop = loop
        source = loop.reactor.watch(session.descriptor)
        progress = Progress(on: loop.reactor)
        places = Signal(on: loop.reactor)
        let source = source
        loop.reactor.handle(source) { [weak self] in self?.assumeIsolated { $0.socketIsReady() } }
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
        tellAll()
    }

    func lost() -> RemoteFailure { site.connectionLost(isClosed ? "it was closed here" : session.errorText) }

    // MARK: Channels

    /// Waits for a free place among the channels of this connection, and opens one.
    func withChannel<Value>(
        limit: Int, until deadline: ContinuousClock.Instant, late: @autoclosure () -> RemoteFailure,
        _ body: (Channel) async throws(RemoteFailure) -> Value
    ) async throws(RemoteFailure) -> Value {
        while openChannels >= Self.mostChannels { try await pause(for: places, until: deadline, late: late()) }
        openChannels += 1
        defer {
            openChannels -= 1
            places.fire()
        }
        let channel = try await openSession(limit: limit, until: deadline, late: late())
        defer { close(channel) }
        return try await body(channel)
    }

    /// sshd counts a session until it has cleaned up after it, some time after its end: a refusal may pass.
    private func openSession(
        limit: Int, until deadline: ContinuousClock.Instant, late: @autoclosure () -> RemoteFailure
    ) async throws(RemoteFailure) -> Channel {
        for _ in 0..<40 {
            let channel = try newChannel(limit: limit, collects: true)
            if try await open(channel, until: deadline, late: late(), { $0.openSession() }) == .done { return channel }
            if await loop.reactor.wait(until: .now + .milliseconds(50)) == .cancelled { throw site.cancelled() }
        }
        throw refused("a session")
    }

    func newChannel(limit: Int = 0, collects: Bool) throws(RemoteFailure) -> Channel {
        guard session.isConnected, !isClosed else { throw lost() }
        let events = ChannelEvents(limit: limit, news: progress.news, signal: Signal(on: loop.reactor))
        guard let channel = Channel(on: session, events, collects: collects) else {
            throw site.protocolError("libssh could not make a channel")
        }
        return channel
    }

    func refused(_ what: String) -> RemoteFailure {
        guard session.isConnected else { return lost() }
        return site.protocolError("the server refused \(what): \(session.errorText)")
    }
}
