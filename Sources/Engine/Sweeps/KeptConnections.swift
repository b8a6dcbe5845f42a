public import Fleet
import Synchronization

/// Looks at nodes through connections that stay open from one sweep to the next.
///
/// They are bounded: for one too many, the one that was not used for longest is closed, and each is closed that nobody
/// has used for a while. One that has died is replaced within the same look, so a node that rebooted is seen all the same.
public final class KeptConnections: NodeOpener {
    private let opener: any NodeOpener
    private let time: any TimeSource
    private let limit: Int
    private let idle: Duration
    private let state = Mutex(State())

    private struct Kept {
        let node: Node
        let operations: any NodeOperations
        let usedAt: Timestamp
    }

    private struct State {
        var kept: [NodeName: Kept] = [:]
        /// Looks from time to time for those that nobody uses.
        var tidying: Task<Void, Never>?
        var isClosed = false
    }

    /// `limit`: connections that are open though nobody uses them just now. `idle`: so long each may be.
    public init(
        _ opener: any NodeOpener, limit: Int = 256, idle: Duration = .seconds(15 * 60),
        time: any TimeSource = SystemTime()
    ) {
        self.opener = opener
        self.limit = max(0, limit)
        self.idle = idle
        self.time = time
    }

    deinit { state.withLock { $0.tidying?.cancel() } }

    /// A connection of its own: what changes nodes shares it with nobody.
    public func open(_ node: Node) async throws(NodeFailure) -> any NodeOperations { try await opener.open(node) }

    public func observe(_ node: Node) async throws(NodeFailure) -> Observation {
        if let kept = await take(node) {
            do throws(NodeFailure) { return try await look(at: node, kept) } catch {
                guard error.isContactLost, !Task.isCancelled else { throw error }
            }
        }
        return try await look(at: node, try await opener.open(node))
    }

    /// Closes all, and keeps none from here on.
    public func close() async {
        let left = state.withLock { state in
            defer { state = State(isClosed: true) }
            state.tidying?.cancel()
            return Array(state.kept.values)
        }
        for kept in left { await kept.operations.close() }
    }

    /// How many are open though nobody uses them.
    public var count: Int { state.withLock { $0.kept.count } }

    private func look(at node: Node, _ operations: any NodeOperations) async throws(NodeFailure) -> Observation {
        do throws(NodeFailure) {
            let observation = try await operations.observe()
            await keep(operations, for: node)
            return observation
        } catch {
            await operations.close()
            throw error
        }
    }

    /// Nil when there is none, or only one to where the node was before its entry was changed.
    private func take(_ node: Node) async -> (any NodeOperations)? {
        guard let kept = state.withLock({ $0.kept.removeValue(forKey: node.name) }) else { return nil }
        if kept.node == node, time.now() < kept.usedAt.adding(idle) { return kept.operations }
        await kept.operations.close()
        return nil
    }

    private func keep(_ operations: any NodeOperations, for node: Node) async {
        let new = Kept(node: node, operations: operations, usedAt: time.now())
        let surplus = state.withLock { state -> (any NodeOperations)? in
            guard !state.isClosed, limit > 0 else { return operations }
            let before = state.kept.updateValue(new, forKey: node.name)
            if state.tidying == nil { state.tidying = tidying() }
            // Two looked at the same node at the same time.
            if let before { return before.operations }
            guard state.kept.count > limit, let oldest = state.kept.min(by: { $0.value.usedAt < $1.value.usedAt })
            else { return nil }
            return state.kept.removeValue(forKey: oldest.key)?.operations
        }
        await surplus?.close()
    }

    private func tidying() -> Task<Void, Never> {
        Task { [weak self, time, idle] in
            while (try? await time.sleep(for: idle)) != nil, let self {
                for operations in leftUnused() { await operations.close() }
            }
        }
    }

    private func leftUnused() -> [any NodeOperations] {
        let now = time.now()
        return state.withLock { state in
            let old = state.kept.filter { now >= $0.value.usedAt.adding(idle) }
            for name in old.keys { state.kept[name] = nil }
            return old.values.map(\.operations)
        }
    }
}

extension Timestamp {
    fileprivate func adding(_ duration: Duration) -> Timestamp {
        Timestamp(milliseconds: milliseconds + Int64(duration / .milliseconds(1)))
    }
}
