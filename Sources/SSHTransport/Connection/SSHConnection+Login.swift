import Glibc
import Remote

// MARK: Key exchange

extension SSHConnection {
    /// Key exchange. Afterwards the server has proven to hold `session.hostKey`.
    func shakeHands(within limit: Duration) async throws(RemoteFailure) {
        var greeting: String?
        let deadline = ContinuousClock.now + limit
        let step = try await finish(until: deadline, late: wordless(greeting) ?? site.handshakeTimedOut(limit)) {
            session in
            if session.serverBanner == nil { greeting = session.nextLine() ?? greeting }
            return session.connect()
        }
        if step == .failed { throw handshakeFailure(greeting) }
    }

    private func handshakeFailure(_ greeting: String?) -> RemoteFailure {
        let text = session.errorText
        if session.bytesReceived == 0 { return site.connectionLost("it was closed before a word was said") }
        if let failure = wordless(greeting) { return failure }
        // libssh has no code for this case; the words are its own. A server that finds out first hangs up, having sent its
        // list of algorithms and nothing more.
        if text.contains("no match for method") { return site.noCommonAlgorithm(text) }
        if session.packetsReceived == 1 { return site.noCommonAlgorithm("it hung up after the lists were exchanged") }
        return session.isConnected ? site.protocolError(text) : site.connectionLost(text)
    }

    /// Nil once it has said that it speaks SSH.
    private func wordless(_ greeting: String?) -> RemoteFailure? {
        guard session.serverBanner == nil else { return nil }
        return site.turnedAway(saying: greeting) ?? site.notSSH(saying: greeting)
    }

    func checkHostKey(_ knownHosts: KnownHosts) throws(RemoteFailure) {
        guard let key = session.hostKey else { throw site.protocolError("it showed no host key") }
        switch knownHosts.verdict(on: key, from: site.endpoint.recordName) {
        case .known: return
        case .unknown: throw site.hostKeyUnknown(key)
        case .revoked: throw site.hostKeyRevoked(key)
        case .changed(let recorded, let file, let line):
            throw site.hostKeyChanged(key, recorded: recorded, file: file, line: line)
        }
    }
}

// MARK: Login

extension SSHConnection {
    /// Logs in by key, and from then on takes what comes in.
    func logIn(_ files: LocalFiles, _ agent: AgentThread, within limit: Duration) async throws(RemoteFailure) {
        try await authenticate(files, agent, within: limit)
        serve()
    }

    /// Named files before the agent, the agent before the usual files, and encrypted files last.
    private func authenticate(
        _ files: LocalFiles, _ agent: AgentThread, within limit: Duration
    ) async throws(RemoteFailure) {
        let identities = site.endpoint.identities
        var attempt = LoginAttempt(limit: limit)
        if !identities.areNamed, try await tryAgent(agent, files, &attempt) { return }
        for file in identities.files {
            switch await files.key(file) {
            case .success(let key): if try await tryKey(key, named: file, &attempt) { return }
            case .failure(.passphraseNeeded), .failure(.passphraseWrong): attempt.encrypted.append(file)
            case .failure(.unreadable):
                // A public key alone stands for one that the agent holds.
                if identities.areNamed, await files.publicKey(file) == nil { attempt.unreadable.append(file) }
            }
        }
        if identities.areNamed, try await tryAgent(agent, files, &attempt) { return }
        for file in attempt.encrypted {
            guard case .success(let key) = await files.askedKey(file) else { throw site.passphraseNeeded(file) }
            if try await tryKey(key, named: file, &attempt) { return }
        }
        if let file = attempt.unreadable.first { throw site.keyFileUnreadable(file) }
        throw site.loginRefused(attempt.tried)
    }

    private func tryKey(
        _ key: PrivateKey, named name: String, _ attempt: inout LoginAttempt
    ) async throws(RemoteFailure) -> Bool {
        attempt.tried.append(name)
        let deadline = ContinuousClock.now + attempt.limit
        while true {
            let answer = self.attempt { key.authenticate($0, user: site.endpoint.user) }
            if let isIn = try judge(answer, attempt) {
                if !isIn, let publicKey = key.publicKey { attempt.refused.insert(publicKey) }
                return isIn
            }
            try await pauseLogin(until: deadline, attempt)
        }
    }

    /// A server that has refused enough keys says so and hangs up.
    private func pauseLogin(
        until deadline: ContinuousClock.Instant, _ attempt: LoginAttempt
    ) async throws(RemoteFailure) {
        if !session.isConnected, session.saidGoodbye { throw site.loginRefused(attempt.tried) }
        try await pause(for: progress.answers, until: deadline, late: site.loginTimedOut(attempt.limit))
    }

    /// Nil when the server has not answered yet.
    private func judge(_ answer: Authentication, _ attempt: LoginAttempt) throws(RemoteFailure) -> Bool? {
        switch answer {
        case .accepted: return true
        case .denied: return false
        case .again: return nil
        case .partial: throw site.secondFactorWanted()
        case .failed:
            if session.isConnected { throw site.protocolError(session.errorText) }
            throw session.saidGoodbye ? site.loginRefused(attempt.tried) : lost()
        }
    }

    private func tryAgent(
        _ agent: AgentThread, _ files: LocalFiles, _ attempt: inout LoginAttempt
    ) async throws(RemoteFailure) -> Bool {
        guard let path = site.endpoint.identities.agentSocket else { return false }
        let deadline = ContinuousClock.now + attempt.limit
        while let socket = await agent.connect(to: path, until: deadline), let (inner, outer) = Descriptor.pair() {
            let ours = Descriptor(inner)
            let near = Descriptor(outer)
            let relay = AgentRelay(await selection(files, attempt), near: near, agent: socket, on: loop)
            session.setAgent(ours.number)
            defer { session.setAgent(-1) }
            let isIn = try await offerAgentKeys(agent, through: ours, attempt, until: deadline)
            attempt.tried.append("the agent's keys")
            if let isIn { return isIn }
            let unwilling = await relay.unwilling.subtracting(attempt.refused)
            if unwilling.isEmpty { break }
            attempt.refused.formUnion(unwilling)
            attempt.tried.append("a key the agent did not sign with")
        }
        return false
    }

    private func selection(_ files: LocalFiles, _ attempt: LoginAttempt) async -> AgentSelection {
        let identities = site.endpoint.identities
        var keys: [[UInt8]] = []
        for file in identities.files {
            if let key = await files.publicKey(file), !keys.contains(key) { keys.append(key) }
        }
        return AgentSelection(preferred: keys, isOnly: identities.isOnly, refused: attempt.refused)
    }

    /// Nil when the agent gave no signature; libssh then tries no further key.
    private func offerAgentKeys(
        _ agent: AgentThread, through socket: borrowing Descriptor, _ attempt: LoginAttempt,
        until deadline: ContinuousClock.Instant
    ) async throws(RemoteFailure) -> Bool? {
        guard let stopper = socket.duplicate() else { return nil }
        let reactor = loop.reactor
        // Shutting the socket down is what ends a call that waits for the agent.
        let watchdog = Task {
            let wake = await reactor.wait(until: deadline)
            stopper.shutDown()
            return wake == .timedOut
        }
        defer { watchdog.cancel() }
        while true {
            let answer = await withTaskCancellationHandler {
                await agent.authenticate(session, user: site.endpoint.user)
            } onCancel: {
                watchdog.cancel()
            }
            if Task.isCancelled { throw site.cancelled() }
            if answer != .accepted, ContinuousClock.now >= deadline { throw site.loginTimedOut(attempt.limit) }
            if answer == .failed, session.isConnected { return nil }
            if let isIn = try judge(answer, attempt) { return isIn }
            try await pauseLogin(until: deadline, attempt)
        }
    }
}

/// What was tried to log in, for the sentence when nothing helped.
struct LoginAttempt {
    let limit: Duration
    var tried: [String] = []
    var encrypted: [String] = []
    var unreadable: [String] = []
    /// Public keys the server did not take.
    var refused: Set<[UInt8]> = []

    init(limit: Duration) { self.limit = limit }
}
