internal import Fleet
internal import Forms
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Store
internal import Synchronization

/// Roll-outs as server-sent events: each line of the journal as `rollout show --json` has it, with its number as the id, so
/// that a browser that comes back goes on where it was. However many watch a roll-out, the store is asked once a second.
final class RolloutStreams: Sendable {
    private let store: Store
    private let hub = Hub()
    private static let look = Duration.seconds(1)
    /// Proxies close what is silent for a minute.
    private static let silence = 20
    /// A session or token may have ended meanwhile: who comes back is looked at again.
    private static let longest = Duration.seconds(900)

    init(store: Store) { self.store = store }

    /// How many watch now.
    var watchers: Int { hub.watchers }

    /// Ends all streams: a page that is about to end has no use for them.
    func close() { hub.close() }

    static let headers: HTTPFields = [
        .contentType: "text/event-stream", .cacheControl: "no-store", .named("X-Accel-Buffering"): "no",
    ]

    /// `asKept`: each event as the journal holds it. Fails with `rollout-unknown`.
    func response(_ id: RolloutID, after number: Int, asKept: Bool = false) async throws -> Response {
        _ = try await store.lastEvent(of: id)
        let (store, hub) = (store, hub)
        let body = ResponseBody { writer in
            try await writer.write(ByteBuffer(string: "retry: 3000\n\n"))
            var last = number
            var ticks = hub.join(id, store).makeAsyncIterator()
            // What came before it was watched is told at once.
            var newest: Int? = .max
            let end = ContinuousClock.now + Self.longest
            while let number = newest, ContinuousClock.now < end {
                let entries = number > last ? try await store.journal(of: id, after: last) : []
                let messages = entries.map { Self.message($0, asKept) }.joined()
                last = entries.last?.number ?? last
                try await writer.write(ByteBuffer(string: messages.isEmpty ? ": still here\n\n" : messages))
                newest = await ticks.next()
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: Self.headers, body: body)
    }

    private static func message(_ entry: JournalEntry, _ asKept: Bool) -> String {
        let data = asKept ? JSONAnswer.line(entry) : JSONAnswer.line(RolloutDocument.Event(entry))
        return "id: \(entry.number)\nevent: journal\ndata: \(data)\n\n"
    }

    /// Who watches what, and one task for each roll-out that is watched.
    private final class Hub: Sendable {
        private struct Watched {
            var listeners: [Int: AsyncStream<Int>.Continuation] = [:]
            var task: Task<Void, Never>?
        }
        private struct State {
            var watched: [RolloutID: Watched] = [:]
            var next = 0
            var isClosed = false
        }
        private let state = Mutex(State())

        var watchers: Int { state.withLock { $0.watched.values.reduce(0) { $0 + $1.listeners.count } } }

        func join(_ id: RolloutID, _ store: Store) -> AsyncStream<Int> {
            let (stream, listener) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
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
            var (last, quiet) = (-1, 0)
            while !Task.isCancelled {
                if let newest = try? await store.lastEvent(of: id), newest != last || quiet >= silence {
                    (last, quiet) = (newest, 0)
                    tell(id, newest)
                }
                quiet += 1
                do { try await Task.sleep(for: look) } catch { return }
            }
        }

        private func tell(_ id: RolloutID, _ newest: Int) {
            let listeners = state.withLock { $0.watched[id].map { Array($0.listeners.values) } ?? [] }
            for listener in listeners { listener.yield(newest) }
        }
    }
}
