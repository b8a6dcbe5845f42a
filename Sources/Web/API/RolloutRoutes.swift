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
            let last = request.headers[.named("Last-Event-ID")].flatMap { Int($0) }
            return try await site.streams.response(id, after: last ?? request.query("after").flatMap { Int($0) } ?? 0)
        }
        for action in RolloutAction.allCases {
            api.post("rollouts/:id/\(action.rawValue)") { request, context in
                let user = try context.user(.operator, try await Form.read(request), request)
                try await action.perform(on: try site.rollout(context.name("id")), by: user.actor, site)
                return Response(status: .accepted)
            }
        }
        addRequests(to: api)
    }

    private func addRequests(to api: RouterGroup<WebContext>) {
        api.get("requests") { request, _ in
            try PageOfList(request).json(try await store.openRequests().map(RequestDocument.init), request)
        }
        api.post("plans/:digest/requests") { request, context in
            let user = try context.user(.operator, try await Form.read(request), request)
            let digest = try await store.planDigest(beginning: context.name("digest"))
            let id = try await store.request(digest, at: site.now, by: user.actor)
            return try JSONAnswer.make(
                RequestDocument(try await store.request(id)), for: request, status: .created)
        }
        api.post("requests/:id/approve") { request, context in
            let user = try context.user(.approver, try await Form.read(request), request)
            let id = try RequestDocument.number(context.name("id"))
            let rollout = try await site.host.approve(id, fourEyes: site.settings.needsFourEyes, by: user.actor)
            return try JSONAnswer.make(["rollout": rollout], for: request, status: .accepted)
        }
        api.post("requests/:id/refuse") { request, context in
            let user = try context.user(.operator, try await Form.read(request), request)
            try await refuse(try RequestDocument.number(context.name("id")), user)
            return Response(status: .accepted)
        }
    }

    /// An operator may take back what he asked for himself; to refuse others' takes an approver.
    func refuse(_ id: Int64, _ user: Identity) async throws {
        if try await store.request(id).askedBy != user.actor { try user.require(.approver) }
        try await store.refuse(id, at: site.now, by: user.actor)
    }
}

/// What a person may do to a roll-out.
enum RolloutAction: String, CaseIterable, Sendable {
    case suspend
    case resume
    case abort

    func perform(on id: RolloutID, by actor: String, _ site: Site) async throws {
        switch self {
        case .suspend: try await site.host.suspend(id, by: actor)
        case .resume: try await site.host.resume(id, by: actor)
        case .abort: try await site.host.abort(id, by: actor)
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

    static func number(_ text: String) throws(WebFailure) -> Int64 {
        guard let number = Int64(text) else {
            throw WebFailure(.notFound, "request-unknown", "No roll-out was asked for under “\(text)”.")
        }
        return number
    }
}
