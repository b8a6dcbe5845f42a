import Remote

extension SSHConnection {
    /// A stream to `target` as seen from this host (`direct-tcpip`), as a descriptor that does not block. It ends with this
    /// connection, or when the descriptor is closed.
    func forward(to target: Site, within limit: Duration) async throws(RemoteFailure) -> Descriptor {
        let channel = try newChannel(collects: false)
        let step = try await open(channel, until: .now + limit, late: target.connectTimedOut(limit)) { channel in
            channel.openForward(to: target.endpoint.host, port: target.endpoint.port)
        }
        guard step == .done else { throw session.isConnected ? refusedForward(to: target) : lost() }
        guard let (inner, outer) = Descriptor.pair() else {
            close(channel)
            throw target.unreachable("no more files can be opened here (ulimit -n)")
        }
        let forward = Forward(channel, Descriptor(outer), loop.reactor)
        add(forward)
        return Descriptor(inner)
    }

    private func refusedForward(to target: Site) -> RemoteFailure {
        target.failure(
            .jumpFailed, "\(site.endpoint.description) could not open a way to \(target.place): \(session.errorText).",
            advice: "Check that the jump host can reach it and that its sshd_config has 'AllowTcpForwarding yes'.")
    }

    private func add(_ forward: Forward) {
        let id = forward.source
        forward.channel.events.forward = id
        progress.forwards[id] = forward
        loop.reactor.handle(id) { [weak self] in self?.assumeIsolated { $0.localEndIsReady(id) } }
        // The server may have sent something, or even the end, with its answer.
        localEndIsReady(id)
    }

    private func localEndIsReady(_ id: Source) { attempt { _ in move(id) } }

    /// Only from within `attempt`, or while its outcome is told.
    func move(_ id: Source) {
        guard let forward = progress.forwards[id] else { return }
        loop.reactor.countWakeUp()
        if forward.move(session) {
            if forward.channel.events.awaitsRoom { awaitRoom(forward.channel) }
            loop.reactor.arm(id, for: forward.interest)
        } else {
            progress.forwards[id] = nil
            progress.writing.removeAll { $0 === forward.channel }
            forward.end()
            forward.channel.close()
        }
    }
}
