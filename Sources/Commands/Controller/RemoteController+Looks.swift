internal import Engine
internal import Fleet
internal import Forms
internal import Foundation
internal import Store

/// What takes a while, told as it goes.
extension RemoteController {
    func detect(_ selector: String?, telling listener: LookListener) async throws -> SweepDocument {
        try await look("looks", LookRequest(selector: selector), listener)
    }

    func verify(_ file: PlaybookFile, telling listener: LookListener) async throws -> [NodeCompliance] {
        let document: VerifyDocument = try await look("verifications", LookRequest(file), listener)
        return document.results
    }

    func plan(_ wish: PlanWish, telling listener: LookListener) async throws -> (plan: FleetPlan, digest: ContentDigest)
    {
        struct Made: Decodable { var digest: String }
        var request = LookRequest(wish.file)
        request.stored = !wish.isLooking
        request.maxRisk = wish.maxRisk
        request.overrides = wish.overrides.map(\.description)
        let made: Made = try await look("plans", request, listener)
        return try await plan(beginning: made.digest)
    }

    /// Cancelled, it has the controller stop, and takes what that has until then.
    private func look<Value: Decodable & Sendable>(
        _ address: String, _ request: LookRequest, _ listener: LookListener
    ) async throws -> Value {
        let (numbers, tell) = AsyncStream.makeStream(of: Int.self)
        // A task of its own: what was seen is still to be read when this one is cancelled.
        let reading = Task { try await read(address, request, listener, tell) as Value }
        return try await withTaskCancellationHandler {
            try await reading.value
        } onCancel: {
            Task { for await number in numbers { try? await client.post("looks/\(number)/stop") } }
        }
    }

    private func read<Value: Decodable>(
        _ address: String, _ request: LookRequest, _ listener: LookListener, _ tell: AsyncStream<Int>.Continuation
    ) async throws -> Value {
        defer { tell.finish() }
        var events = try await client.events(address, sending: request)
        while let event = try await events.next() {
            switch event.kind {
            case "started":
                let beginning: Beginning = try event.value()
                tell.yield(beginning.look)
                await listener.began(beginning.nodes)
            case "node": await listener.looked(try event.value())
            case "ended": return try event.value()
            case "interrupted": throw CancellationError()
            case "failed": throw (try event.value() as SentProblem).error
            default: break
            }
        }
        throw FleetError.controllerGone(client.path, "it ended before it was done")
    }
}

private struct Beginning: Decodable {
    var look: Int
    var nodes: [NodeName]
}

/// What is asked for, as the API takes it.
struct LookRequest: Encodable {
    var playbook: String?
    var file: String?
    var selector: String?
    var stored: Bool?
    var maxRisk: Int?
    var overrides: [String]?

    init(selector: String?) { self.selector = selector }

    init(_ playbook: PlaybookFile) {
        (self.playbook, file, selector) = (playbook.text, playbook.path, playbook.selector)
    }
}
