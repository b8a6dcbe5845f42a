internal import Fleet
internal import Forms
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Store

/// Roll-outs as server-sent events: each line of the journal as `rollout show --json` has it, with its number as the id, so
/// that a browser that comes back goes on where it was. However many watch a roll-out, the store is asked once for what is
/// new, and it is written down once.
final class RolloutStreams: Sendable {
    private let store: Store
    private let hub = WatchedRollouts()
    /// A session or token may have ended meanwhile: who comes back is looked at again.
    private static let longest = Duration.seconds(900)
    /// So many events of the past are in memory at once for each who asks for them.
    private static let part = 200

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
            var news = hub.join(id, store).makeAsyncIterator()
            let end = ContinuousClock.now + Self.longest
            // What came before it was watched is told at once.
            var next: RolloutNews? = RolloutNews(after: .max)
            while let item = next, ContinuousClock.now < end {
                if item.from == last + 1, item.newest > last, !asKept {
                    try await writer.write(item.text)
                    last = item.newest
                } else if item.newest > last {
                    // For who was not there, or too slow, when it was told; and for who wants another form.
                    while let part = try await Self.part(of: id, after: last, asKept, store) {
                        try await writer.write(part.text)
                        last = part.newest
                    }
                } else {
                    try await writer.write(ByteBuffer(string: ": still here\n\n"))
                }
                next = await news.next()
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: Self.headers, body: body)
    }

    /// What comes next after that number; nil = nothing.
    private static func part(
        of id: RolloutID, after number: Int, _ asKept: Bool, _ store: Store
    ) async throws -> RolloutNews? {
        let entries = try await store.journal(of: id, after: number, limit: part)
        return entries.last.map { RolloutNews(entries, until: $0.number, asKept) }
    }
}

/// What is new of a roll-out: its events from one number to another, as they go to everybody who watches.
struct RolloutNews: Sendable {
    let newest: Int
    let from: Int
    let text: ByteBuffer

    /// Nothing is new after that number.
    init(after newest: Int) {
        self.newest = newest
        from = newest == .max ? .max : newest + 1
        text = ByteBuffer()
    }

    /// Entries that follow one another.
    init(_ entries: [JournalEntry], until newest: Int, _ asKept: Bool = false) {
        self.newest = newest
        from = entries.first?.number ?? newest + 1
        let messages = entries.map { entry in
            let data = asKept ? JSONAnswer.line(entry) : JSONAnswer.line(RolloutDocument.Event(entry))
            return "id: \(entry.number)\nevent: journal\ndata: \(data)\n\n"
        }
        text = ByteBuffer(string: messages.joined())
    }
}
