internal import Fleet
internal import Store
internal import Synchronization

/// Who watches which roll-out, and one task for each roll-out that is watched.
final class WatchedRollouts: Sendable {
    private struct Watched {
        var listeners: [Int: AsyncStream<RolloutNews>.Continuation] = [:]
        var task: Task<Void, Never>?
    }
    private struct State {
        var watched: [RolloutID: Watched] = [:]
        var next = 0
        var isClosed = false
    }
    private let state = Mutex(State())

    private static let look = Duration.milliseconds(200)
    /// In looks: proxies close what is silent for a minute.
    private static let silence = 100

    var watchers: Int { state.withLock { $0.watched.values.reduce(0) { $0 + $1.listeners.count } } }

    /// Who is too slow for what is told gets the last of it, and sees from its number what was left out.
    func join(_ id: RolloutID, _ store: Store) -> AsyncStream<RolloutNews> {
        let (stream, listener) = AsyncStream.makeStream(of: RolloutNews.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { state in
            guard !state.isClosed else { return listener.finish() }
            let number = state.next
            state.next += 1
            listener.onTermination = { [self] _ in drop(id, number) }
            state.watched[id, default: Watched()].listeners[number] = listener
            if state.watched[id]?.task == nil {
                state.watched[id]?.task = Task { await self.follow(id, store) }
            }
        }
        return stream
    }

    func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            return state.watched.values.flatMap(\.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }

    private func drop(_ id: RolloutID, _ number: Int) {
        state.withLock { state in
            state.watched[id]?.listeners[number] = nil
            guard state.watched[id]?.listeners.isEmpty == true else { return }
            state.watched[id]?.task?.cancel()
            state.watched[id] = nil
        }
    }

    private func follow(_ id: RolloutID, _ store: Store) async {
        var (last, quiet): (Int?, Int) = (nil, 0)
        while !Task.isCancelled {
            // Trouble with the store passes, or ends the process.
            if let news = try? await Self.news(of: id, after: last, store), news.newest != last || quiet >= Self.silence
            {
                (last, quiet) = (news.newest, 0)
                tell(id, news)
            }
            quiet += 1
            do { try await Task.sleep(for: Self.look) } catch { return }
        }
    }

    /// `last`: nil = nothing was told yet, so everybody reads for himself what he lacks.
    private static func news(of id: RolloutID, after last: Int?, _ store: Store) async throws -> RolloutNews {
        let newest = try await store.lastEvent(of: id)
        guard let last, newest > last else { return RolloutNews(after: newest) }
        return RolloutNews(try await store.journal(of: id, after: last, limit: newest - last), until: newest)
    }

    private func tell(_ id: RolloutID, _ news: RolloutNews) {
        let listeners = state.withLock { $0.watched[id].map { Array($0.listeners.values) } ?? [] }
        for listener in listeners { listener.yield(news) }
    }
}
