public import Fleet
import Synchronization

/// Looks at nodes through connections that stay open from one sweep to the next.
///
/// They are bounded: for one too many, the one that was not used for longest is closed, and each is closed that nobody
/// has used for a while. One that has died is replaced within the same look, so a node that rebooted is seen all the same.
public final class KeptConnections: NodeOpener {
    private let opener: any NodeOpener
    private let time: any TimeSource
    private let limits: @Sendable () -> KeptConnectionLimits
    private let state = Mutex(State())

    fileprivate struct Kept {
        let node: Node
        let operations: any NodeOperations
        let usedAt: Timestamp
    }

    fileprivate struct State {
        var kept: [NodeName: Kept] = [:]
        /// Looks from time to time for those that nobody uses.
        var tidying: Task<Void, Never>?
        var isClosed = false
    }

    /// Limits that change are looked at this often.
    private static let patienceSeconds = 60

    /// `limits`: by the present configuration.
    public init(
        _ opener: any NodeOpener, time: any TimeSource = SystemTime(),
        limits: @escaping @Sendable () -> KeptConnectionLimits = { KeptConnectionLimits() }
    ) {
        self.opener = opener
        self.time = time
        self.limits = limits
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
        if kept.node == node, time.now() < kept.usedAt.adding(seconds: limits().idleSeconds) { return kept.operations }
        await kept.operations.close()
        return nil
    }

    private func keep(_ operations: any NodeOperations, for node: Node) async {
        let (new, most) = (Kept(node: node, operations: operations, usedAt: time.now()), limits().most)
        let surplus = state.withLock { state -> [any NodeOperations] in
            guard !state.isClosed else { return [operations] }
            // There is one before where two looked at the same node at the same time.
            let before = state.kept.updateValue(new, forKey: node.name)
            if state.tidying == nil { state.tidying = tidying() }
            return [before?.operations].compactMap(\.self) + state.removeOldest(beyond: most)
        }
        for operations in surplus { await operations.close() }
    }

    private func tidying() -> Task<Void, Never> {
        Task { [weak self, time, limits] in
            func pause() -> Duration { .seconds(min(limits().idleSeconds, Self.patienceSeconds)) }
            while (try? await time.sleep(for: pause())) != nil, let self {
                for operations in leftUnused() { await operations.close() }
            }
        }
    }

    private func leftUnused() -> [any NodeOperations] {
        let (now, limits) = (time.now(), limits())
        return state.withLock { state in
            let old = state.kept.filter { now >= $0.value.usedAt.adding(seconds: limits.idleSeconds) }
            for name in old.keys { state.kept[name] = nil }
            return old.values.map(\.operations) + state.removeOldest(beyond: limits.most)
        }
    }
}

extension KeptConnections.State {
    /// Those that were not used for longest, until no more than `most` are left.
    fileprivate mutating func removeOldest(beyond most: Int) -> [any NodeOperations] {
        guard kept.count > most else { return [] }
        let names = kept.sorted { $0.value.usedAt < $1.value.usedAt }.prefix(kept.count - most).map(\.key)
        return names.compactMap { kept.removeValue(forKey: $0)?.operations }
    }
}
