public import Fleet
public import Logging
import Metrics
public import Store

/// Looks at many nodes at once: connect, log in, probe, parse, store.
public struct Sweep: Sendable {
    private let store: Store
    private let opener: any NodeOpener
    private let time: any TimeSource
    private let parallelism: Int
    private let logger: Logger

    /// `parallelism`: nodes under way at the same time, at least one.
    public init(
        store: Store, opener: any NodeOpener, time: any TimeSource = SystemTime(), parallelism: Int = 128,
        logger: Logger = Logger(label: "vfiofleet.sweep")
    ) {
        self.store = store
        self.opener = opener
        self.time = time
        self.parallelism = max(1, parallelism)
        self.logger = logger
    }

    public typealias Listener = @Sendable (NodeName, Result<Observation, FleetError>) async -> Void

    /// Observes each of `nodes` once. A node that fails is recorded as such and stops nobody else.
    ///
    /// Reports to `events` and ends it; `each` is told of every look within it, so that a slow listener slows the sweep down
    /// instead of letting facts pile up. When the task is cancelled, what was observed until then is kept, and the
    /// nodes not looked at are counted neither way. Fails only when the store does.
    public func run(
        _ nodes: [Node], events: AsyncStream<SweepEvent>.Continuation? = nil,
        each: @escaping Listener = { _, _ in }
    ) async throws(FleetError) -> SweepSummary {
        defer { events?.finish() }
        let id = try await store.beginSweep(of: nodes.count, at: time.now())
        events?.yield(.started(id, nodes: nodes.count))
        let recorder = SightingRecorder(store: store, sweep: id, time: time)
        await look(at: nodes, recorder) { node, result in
            await each(node, result)
            events?.yield(SweepEvent(node, result))
        }
        let summary = try await recorder.finish()
        try await end(id)
        count(summary)
        return summary
    }

    /// Also when this task is cancelled: an interrupted sweep has ended too.
    private func end(_ id: SweepID) async throws(FleetError) {
        let ending = Task { [store, time] () -> FleetError? in
            do throws(FleetError) { try await store.endSweep(id, at: time.now()) } catch { return error }
            return nil
        }
        if let failure = await ending.value { throw failure }
    }

    private func look(
        at nodes: [Node], _ recorder: SightingRecorder, _ tell: @escaping Listener
    ) async {
        await withDiscardingTaskGroup { group in
            let gate = Gate(nodes)
            for _ in 0..<min(parallelism, nodes.count) {
                group.addTask {
                    while !Task.isCancelled, await recorder.failure == nil, let node = await gate.next() {
                        await look(at: node, recorder, tell)
                    }
                }
            }
        }
    }

    private func look(
        at node: Node, _ recorder: SightingRecorder, _ tell: @escaping Listener
    ) async {
        do throws(NodeFailure) {
            let observation = try await opener.observe(node)
            await recorder.add(Sighting(of: node.name, at: time.now(), answer: observation.answer))
            await tell(node.name, .success(observation))
        } catch {
            // An interrupted look says nothing about the node.
            guard !Task.isCancelled else { return }
            logger.debug("could not observe", metadata: ["node": "\(node.name)", "code": "\(error.error.code)"])
            await recorder.add(Sighting(of: node.name, at: time.now(), failed: error.error))
            await tell(node.name, .failure(error.error))
        }
    }

    private func count(_ summary: SweepSummary) {
        Counter(label: "vfiofleet_sweeps_total").increment()
        Counter(label: "vfiofleet_sweep_nodes_total", dimensions: [("outcome", "observed")])
            .increment(by: summary.observed.count)
        Counter(label: "vfiofleet_sweep_nodes_total", dimensions: [("outcome", "failed")])
            .increment(by: summary.failed.count)
    }
}

/// Live progress of a sweep.
public enum SweepEvent: Sendable {
    case started(SweepID, nodes: Int)
    case observed(NodeName, Observation)
    case failed(NodeName, FleetError)

    init(_ node: NodeName, _ result: Result<Observation, FleetError>) {
        switch result {
        case .success(let observation): self = .observed(node, observation)
        case .failure(let error): self = .failed(node, error)
        }
    }
}

/// What a sweep came to.
public struct SweepSummary: Hashable, Sendable {
    public var id: SweepID
    public var observed: Set<NodeName> = []
    /// Nodes that show something else than at the look before.
    public var changed: [NodeName] = []
    public var failed: [NodeName: FleetError] = [:]
}

/// Hands each node out once.
private actor Gate {
    private var nodes: IndexingIterator<[Node]>

    init(_ nodes: [Node]) { self.nodes = nodes.makeIterator() }

    func next() -> Node? { nodes.next() }
}

extension NodeOpener {
    public func observe(_ node: Node) async throws(NodeFailure) -> Observation {
        let operations = try await open(node)
        do throws(NodeFailure) {
            let observation = try await operations.observe()
            await operations.close()
            return observation
        } catch {
            await operations.close()
            throw error
        }
    }
}
