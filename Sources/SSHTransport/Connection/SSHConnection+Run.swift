import Remote

extension SSHConnection {
    func run(_ command: RemoteCommand) async throws(RemoteFailure) -> RemoteResult {
        let deadline = ContinuousClock.now + command.limits.deadline
        let late = site.commandTimedOut(command.limits.deadline)
        return try await withChannel(limit: command.limits.outputBytes, until: deadline, late: late) {
            channel throws(RemoteFailure) in
            try await start(command.text, on: channel, until: deadline, late: late)
            return try await converse(command, on: channel, until: deadline)
        }
    }

    private func start(
        _ text: String, on channel: Channel, until deadline: ContinuousClock.Instant, late: RemoteFailure
    ) async throws(RemoteFailure) {
        guard !text.utf8.contains(0) else {
            throw site.failure(
                .settingsInvalid, "A command for \(site.place) holds a NUL byte.", advice: "Pass binary data as input.")
        }
        guard try await finish(until: deadline, late: late, { _ in channel.execute(text) }) == .done else {
            throw refused("the command")
        }
    }

    /// Feeds the input and gathers the output until the command is over or a limit ends it.
    private func converse(
        _ command: RemoteCommand, on channel: Channel, until deadline: ContinuousClock.Instant
    ) async throws(RemoteFailure) -> RemoteResult {
        var input = command.standardInput[...]
        var hasSentEOF = false
        let events = channel.events
        events.lastHeard = .now
        while true {
            if !hasSentEOF { hasSentEOF = try feed(&input, to: channel) }
            if events.isTruncated { return events.result }
            if events.isComplete { return try checked(events) }
            try await listen(to: events, command.limits, until: deadline)
        }
    }

    /// Waits for something to do. Output is gathered without the task, which only finds out that there was some when the
    /// time for silence is over.
    private func listen(
        to events: ChannelEvents, _ limits: RemoteCommand.Limits, until deadline: ContinuousClock.Instant
    ) async throws(RemoteFailure) {
        while true {
            let heard = events.lastHeard
            let silence = heard + limits.silence
            do {
                let late = silence < deadline ? site.silent(limits.silence) : site.commandTimedOut(limits.deadline)
                return try await pause(for: events.signal, until: min(deadline, silence), late: late)
            } catch {
                guard error.code == .silent, events.lastHeard != heard else { throw error }
            }
        }
    }

    /// Bytes of input in one packet. libssh keeps two buffers of a packet's size, rounded up to a power of two, as long as
    /// the connection lives.
    private static let piece = 4000

    /// Writes what the server and the socket take now. True once all of it, and its end, are sent.
    private func feed(_ input: inout ArraySlice<UInt8>, to channel: Channel) throws(RemoteFailure) -> Bool {
        while !input.isEmpty {
            let piece = input.prefix(Self.piece)
            guard let count = attempt({ _ in channel.write(piece) }) else {
                // A command may end without reading its input; its status tells how it went.
                if session.isConnected { return true }
                throw lost()
            }
            if count > 0 { channel.events.lastHeard = .now }
            input = input.dropFirst(count)
            if count < piece.count || session.hasBacklog {
                awaitRoom(channel)
                return false
            }
        }
        // Once libssh has queued it, it goes out as the rest does.
        attempt { _ in channel.sendEOF() }
        return true
    }

    private func checked(_ events: ChannelEvents) throws(RemoteFailure) -> RemoteResult {
        let result = events.result
        guard result.status != .unknown else {
            throw session.isConnected
                ? site.connectionLost("the command's channel was closed before the command ended") : lost()
        }
        return result
    }
}

extension ChannelEvents {
    fileprivate var result: RemoteResult {
        let status: RemoteResult.Status =
            if let exitSignal { .signalled(exitSignal) } else if let exitStatus { .exited(exitStatus) } else {
                .unknown
            }
        return RemoteResult(
            status: status, standardOutput: standardOutput, standardError: standardError, isTruncated: isTruncated)
    }
}
