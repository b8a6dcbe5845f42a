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
    private var requests: ArraySlice<UInt8> = []
    private var answers: ArraySlice<UInt8> = []
    /// The beginning of a message from the agent.
    private var partial: ArraySlice<UInt8> = []

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
        guard let bytes = near.receive() else { return false }
        requests += bytes
        guard requests.count <= 2 * AgentSelection.longestMessage else { return false }
        return send(&requests, to: agent)
    }

    private func moveAnswers() -> Bool {
        guard let bytes = agent.receive() else { return false }
        partial += bytes
        while true {
            var rest = partial
            guard let length = rest.takeNumber() else { break }
            guard length <= AgentSelection.longestMessage else { return false }
            guard rest.count >= length else { break }
            let answer = selection.filtered(Array(rest.prefix(length)))
            answers += answer.withLength
            partial = rest.dropFirst(length)
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
