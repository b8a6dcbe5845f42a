internal import Engine
internal import Fleet
internal import Forms
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Store

/// Roll-outs, and those that are asked for, for programs.
struct RolloutRoutes: Sendable {
    let site: Site
    var store: Store { site.store }

    func add(to api: RouterGroup<WebContext>) {
        api.get("rollouts") { request, _ in
            let page = try PageOfList(request, usual: 20)
            let rollouts = try await store.rollouts(latest: page.offset + page.limit + 1)
            return try page.json(rollouts.map { RolloutDocument($0) }, request)
        }
        api.get("rollouts/:id") { request, context in
            let stored = try await store.rollout(try site.rollout(context.name("id")))
            let left = stored.rollout.secondsLeft(
                at: site.now, earlier: try await store.pace(before: stored.rollout.id))
            let journal = try await store.journal(of: stored.rollout.id)
            return try JSONAnswer.make(
                RolloutDocument(stored, journal: journal, secondsLeft: left), for: request)
        }
        api.get("rollouts/:id/events") { request, context in
            let id = try site.rollout(context.name("id"))
            // Browsers send it by themselves, with what an answer of ours said: anything else is nobody's mistake.
            let last = request.headers[.named("Last-Event-ID")].flatMap { Int($0) }
            let after = try PageOfList.number("after", 0...Int.max - 1, in: request) ?? 0
            return try await site.streams.response(id, after: last.map { max(0, min($0, .max - 1)) } ?? after)
        }
        addActions(to: api)
    }

    private func addActions(to api: RouterGroup<WebContext>) {
        let actions = RolloutActions(site: site)
        for action in RolloutAction.allCases {
            api.post("rollouts/:id/\(action.rawValue)") { request, context in
                _ = try await actions.perform(action, request, context)
                return Response(status: .accepted)
            }
        }
        api.get("requests") { request, _ in
            try PageOfList(request).json(try await store.openRequests().map(RequestDocument.init), request)
        }
        api.post("plans/:digest/requests") { request, context in
            let asked = try await actions.ask(request, context)
            return try JSONAnswer.make(RequestDocument(asked), for: request, status: .created)
        }
        api.post("requests/:id/approve") { request, context in
            let rollout = try await actions.approve(request, context)
            return try JSONAnswer.make(["rollout": rollout], for: request, status: .accepted)
        }
        api.post("requests/:id/refuse") { request, context in
            try await actions.refuse(request, context)
            return Response(status: .accepted)
        }
    }
}

/// A roll-out that somebody asked for.
struct RequestDocument: Encodable {
    var id: Int64
    var plan: String
    var askedBy: String
    var askedAt: String
    var decidedBy: String?
    var rollout: RolloutID?

    init(_ request: RolloutRequest) {
        id = request.id
        plan = request.plan.description
        askedBy = request.askedBy
        askedAt = request.askedAt.iso8601
        decidedBy = request.decidedBy
        rollout = request.rollout
    }
}
