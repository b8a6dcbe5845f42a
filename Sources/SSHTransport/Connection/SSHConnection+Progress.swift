import Remote

/// What a connection knows about who waits for what.
struct Progress {
    /// Once logged in: what comes in is taken as it comes.
    var isServing = false
    /// Channels that libssh has called back for.
    let news = News()
    /// Fires whenever something came in: for calls that tell only by being repeated whether their answer was in it.
    let answers: Signal
    /// Channels the server was asked for, whose users have gone or wait for its answer.
    var opening: [Channel] = []
    var abandoned: [Channel] = []
    /// Channels whose users have more to write, those that wait longest first.
    var writing: [Channel] = []
    var forwards: [Source: Forward] = [:]
    /// As they were when the last look ended.
    var bytesSeen: UInt64 = 0
    var errorSeen = ""

    init(on reactor: Reactor) { answers = Signal(on: reactor) }
}

// MARK: Looking

extension SSHConnection {
    /// The reactor reports the socket.
    func socketIsReady() {
        if progress.isServing { attempt { $0.process() } } else { progress.answers.fire() }
    }

    /// From here on the connection takes what comes in by itself.
    func serve() {
        progress.isServing = true
        attempt { $0.process() }
    }

    /// Makes calls into libssh. Each of them may read and write for all users of this connection, so all that happened is
    /// told to those whom it concerns before anything else is done.
    @discardableResult
    func attempt<Result>(_ call: (Session) -> Result) -> Result {
        let result = call(session)
        settle()
        return result
    }

    private func settle() {
        var admitted: Channel?
        repeat {
            noticeAnswers()
            // During a key exchange nobody can write, whatever room there is; what comes in will end it.
            let isStalled = admitted.map { canWrite($0) && $0.events.awaitsRoom } ?? false
            admitted = isStalled ? nil : admitWriter()
            for events in progress.news.take() { tell(events) }
        } while admitted != nil || session.bytesReceived != progress.bytesSeen || !progress.news.isEmpty
        if session.isConnected { arm() } else { tellAll() }
    }

    private func tell(_ events: ChannelEvents) {
        if let forward = events.forward { move(forward) } else { events.signal.fire() }
    }

    /// Asks for the next report on the socket.
    private func arm() {
        if !isClosed { loop.reactor.arm(source, for: session.interest) }
    }

    /// The end of the connection concerns everybody.
    func tellAll() {
        for forward in progress.forwards.values { forward.end() }
        progress.forwards = [:]
        loop.reactor.wake(source)
    }
}

// MARK: What libssh has no callbacks for

extension SSHConnection {
    private func noticeAnswers() {
        guard session.bytesReceived != progress.bytesSeen else { return }
        progress.bytesSeen = session.bytesReceived
        progress.answers.fire()
        for channel in progress.opening where channel.isOpen { channel.events.note() }
        noticeRefusals()
        // The server has opened them after all, and has to be told that nobody wants them.
        for channel in progress.abandoned where channel.isOpen { channel.close() }
        progress.abandoned.removeAll { $0.isOver }
    }

    /// A refused channel shows only when it is opened once more, but the refusal's text names the channel and so is new.
    private func noticeRefusals() {
        guard !progress.opening.isEmpty else { return }
        let error = session.errorText
        guard error != progress.errorSeen else { return }
        progress.errorSeen = error
        for channel in progress.opening { channel.events.note() }
    }

    private func canWrite(_ channel: Channel) -> Bool { !session.hasBacklog && channel.hasRoom }

    /// Lets the channel write that has waited longest. One at a time, since it may fill the socket.
    private func admitWriter() -> Channel? {
        guard let index = progress.writing.firstIndex(where: canWrite) else { return nil }
        let channel = progress.writing.remove(at: index)
        channel.events.awaitsRoom = false
        channel.events.note()
        return channel
    }

    /// Has the channel's user told when there is room for output again.
    func awaitRoom(_ channel: Channel) {
        channel.events.awaitsRoom = true
        if !progress.writing.contains(where: { $0 === channel }) { progress.writing.append(channel) }
    }
}

// MARK: Waiting

extension SSHConnection {
    /// Repeats a call until libssh needs no more waiting for it.
    func finish(
        until deadline: ContinuousClock.Instant, late: @autoclosure () -> RemoteFailure,
        _ call: (Session) -> Session.Step
    ) async throws(RemoteFailure) -> Session.Step {
        while true {
            let step = attempt(call)
            if step != .again { return step }
            try await pause(for: progress.answers, until: deadline, late: late())
        }
    }

    /// Waits until `signal` fires or the connection ends.
    func pause(
        for signal: Signal, until deadline: ContinuousClock.Instant, late: @autoclosure () -> RemoteFailure
    ) async throws(RemoteFailure) {
        guard session.isConnected, !isClosed else { throw lost() }
        arm()
        switch await signal.wait(on: source, until: deadline) {
        case .ready: return
        case .timedOut: throw late()
        case .cancelled: throw site.cancelled()
        }
    }

    /// Opens a channel with `call`. When it throws, the channel is taken care of; when it fails, there is none.
    func open(
        _ channel: Channel, until deadline: ContinuousClock.Instant, late: @autoclosure () -> RemoteFailure,
        _ call: (Channel) -> Session.Step
    ) async throws(RemoteFailure) -> Session.Step {
        progress.opening.append(channel)
        defer { progress.opening.removeAll { $0 === channel } }
        do {
            while true {
                let step = attempt { _ in call(channel) }
                if step != .again { return step }
                try await pause(for: channel.events.signal, until: deadline, late: late())
            }
        } catch {
            close(channel)
            throw error
        }
    }

    func close(_ channel: Channel) {
        progress.writing.removeAll { $0 === channel }
        // libssh would forget a channel that is not open yet, and the server would keep it.
        if channel.isBeingOpened { progress.abandoned.append(channel) } else { attempt { _ in channel.close() } }
    }
}
