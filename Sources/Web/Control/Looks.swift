internal import Engine
internal import Fleet
internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// What is done with nodes while somebody listens: each is told as server-sent events, and ends when nobody listens any more.
actor Looks {
    private var running: [Int: Task<Void, Never>] = [:]
    private var last = 0
    private var isClosed = false

    /// At the same time; each talks to many nodes.
    private static let most = 4

    typealias Work<Result> = @Sendable (AsyncStream<LookEvent>.Continuation) async throws -> Result

    /// Begins `work`, which is about these nodes. Fails with `looks-busy`, `service-closing`.
    func response(
        about nodes: [NodeName], _ work: @escaping Work<some Encodable & Sendable>
    ) throws -> Response {
        guard !isClosed else { throw FleetError("service-closing", "The controller is about to end.") }
        guard running.count < Self.most else {
            throw FleetError(
                "looks-busy", "The controller looks at nodes for \(running.count) others at this moment.",
                advice: "Try again when one of them is done.")
        }
        last += 1
        let (number, messages) = (last, AsyncStream.makeStream(of: String.self))
        messages.continuation.yield(Self.message("started", LookBeginning(look: number, nodes: nodes)))
        running[number] = Task {
            await Self.carryOut(work, telling: messages.continuation)
            running[number] = nil
        }
        return response(number, messages.stream)
    }

    /// It tells what it has until then. Without effect where it has ended.
    func stop(_ number: Int) { running[number]?.cancel() }

    func close() {
        isClosed = true
        for task in running.values { task.cancel() }
    }

    private func response(_ number: Int, _ messages: AsyncStream<String>) -> Response {
        let body = ResponseBody { writer in
            // Who went away does not read the rest.
            defer { Task { await self.stop(number) } }
            for await message in messages { try await writer.write(ByteBuffer(string: message)) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: RolloutStreams.headers, body: body)
    }

    private static func carryOut(
        _ work: @escaping Work<some Encodable & Sendable>, telling messages: AsyncStream<String>.Continuation
    ) async {
        let (events, post) = AsyncStream.makeStream(of: LookEvent.self)
        let teller = Task { for await event in events { messages.yield(message("node", event)) } }
        let outcome: String
        do { outcome = message("ended", try await work(post)) } catch is CancellationError {
            outcome = message("interrupted", [String: String]())
        } catch { outcome = message("failed", Problem(WebFailure(error))) }
        post.finish()
        await teller.value
        messages.yield(outcome)
        messages.finish()
    }

    private static func message(_ kind: String, _ value: some Encodable) -> String {
        "event: \(kind)\ndata: \(JSONAnswer.line(value))\n\n"
    }
}

/// The first message of a look.
struct LookBeginning: Encodable {
    /// By which it can be stopped.
    var look: Int
    var nodes: [NodeName]
}
