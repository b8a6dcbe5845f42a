/// Stands between libssh and the agent, since libssh offers whatever keys the agent lists. It runs on the connections'
/// reactor while libssh blocks on the agent's thread.
actor AgentRelay {
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.executor }

    private let selection: AgentSelection
    private let near: Descriptor
    private let agent: Descriptor
    private let nearSource: Source
    private let agentSource: Source
    private var requested = AgentMessages()
    private var answered = AgentMessages()
    /// What the agent and libssh did not take yet.
    private var requests: ArraySlice<UInt8> = []
    private var answers: ArraySlice<UInt8> = []
    /// The key of the signature that the agent was asked for.
    private var signing: [UInt8]?
    /// Keys the agent has and would not sign with: nobody confirmed it, or their token is not there.
    private(set) var unwilling: Set<[UInt8]> = []

    /// `near` is the other end of what libssh has. Neither descriptor may block.
    init(_ selection: AgentSelection, near: consuming Descriptor, agent: consuming Descriptor, on loop: EventLoop) {
        self.selection = selection
        self.loop = loop
        nearSource = loop.reactor.watch(near.number)
        agentSource = loop.reactor.watch(agent.number)
        self.near = near
        self.agent = agent
        for source in [nearSource, agentSource] {
            loop.reactor.handle(source) { [weak self] in self?.assumeIsolated { $0.move() } }
            loop.reactor.arm(source, for: .read)
        }
    }

    deinit {
        loop.reactor.forget(nearSource)
        loop.reactor.forget(agentSource)
    }

    private func move() {
        guard moveRequests(), moveAnswers() else {
            // libssh sees the end and gives up.
            near.shutDown()
            agent.shutDown()
            return
        }
        loop.reactor.arm(nearSource, for: interest(whenSending: answers))
        loop.reactor.arm(agentSource, for: interest(whenSending: requests))
    }

    private func interest(whenSending bytes: ArraySlice<UInt8>) -> Interest { bytes.isEmpty ? .read : [.read, .write] }

    private func moveRequests() -> Bool {
        guard let bytes = near.receive(), requested.add(bytes) else { return false }
        while let request = requested.next() {
            if let key = AgentSelection.keyToSignWith(request) { signing = key }
            requests += request.withLength
        }
        return send(&requests, to: agent)
    }

    private func moveAnswers() -> Bool {
        guard let bytes = agent.receive(), answered.add(bytes) else { return false }
        while let answer = answered.next() {
            if let signing, AgentSelection.isRefusal(answer) { unwilling.insert(signing) }
            signing = nil
            answers += selection.filtered(answer).withLength
        }
        return send(&answers, to: near)
    }

    private func send(_ bytes: inout ArraySlice<UInt8>, to descriptor: borrowing Descriptor) -> Bool {
        guard !bytes.isEmpty else { return true }
        guard let count = descriptor.send(bytes) else { return false }
        bytes = bytes.dropFirst(count)
        return true
    }
}

/// A stream of messages, each with its length before it.
private struct AgentMessages {
    private var bytes: ArraySlice<UInt8> = []

    /// False when a message is longer than any may be.
    mutating func add(_ more: [UInt8]) -> Bool {
        bytes += more
        var rest = bytes
        return rest.takeNumber().map { $0 <= AgentSelection.longestMessage } ?? true
    }

    /// Nil when the next one is not whole yet.
    mutating func next() -> [UInt8]? { bytes.takeString().map { Array($0) } }
}
