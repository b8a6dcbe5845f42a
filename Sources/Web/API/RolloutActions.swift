internal import Engine
internal import Fleet
internal import Foundation
internal import Hummingbird
internal import Store

/// What a person may do to a roll-out.
enum RolloutAction: String, CaseIterable, Sendable {
    case suspend
    case resume
    case abort
}

/// What a person may say about a node of a roll-out.
enum NodeOrder: String, CaseIterable, Sendable {
    case skip
    case retry

    func order(_ node: NodeName) -> RolloutOrder { self == .skip ? .skip(node) : .retry(node) }
}

/// What is done for people and programs alike: each reads the form, looks who asks, and names what it was about.
struct RolloutActions: Sendable {
    let site: Site

    func perform(_ action: RolloutAction, _ request: Request, _ context: WebContext) async throws -> RolloutID {
        let user = try context.user(.operator, try await Form.read(request), request)
        let id = try site.rollout(context.name("id"))
        switch action {
        case .suspend: try await site.host.suspend(id, by: user.actor)
        case .resume: try await site.host.resume(id, by: user.actor)
        case .abort: try await site.host.abort(id, by: user.actor)
        }
        return id
    }

    /// The form names the node. Fails with `rollout-ended`, `node-unknown`, and as the store does.
    func order(_ verb: NodeOrder, _ request: Request, _ context: WebContext) async throws {
        let form = try await Form.read(request)
        let user = try context.user(.operator, form, request)
        let id = try site.rollout(context.name("id"))
        guard let node = NodeName(form["node"]) else {
            throw WebFailure(.badRequest, "node-unknown", "“\(form["node"])” is not the name of a node.")
        }
        try await site.store.give(verb.order(node), to: id, at: site.now, by: user.actor)
    }

    /// Begins a plan's roll-out at once, for who could let it begin as well. Fails with `four-eyes` where that takes two.
    func begin(_ request: Request, _ context: WebContext) async throws -> RolloutID {
        let user = try context.user(.approver, try await Form.read(request), request)
        let digest = try await site.store.planDigest(beginning: context.name("digest"))
        guard !site.settings.needsFourEyes else {
            throw FleetError(
                "four-eyes", "It takes two to begin a roll-out: one who asks for it, and another who lets it begin.",
                advice: "Ask for it; another approver lets it begin.")
        }
        return try await site.host.begin(digest, by: user.actor)
    }

    /// Asks for a plan's roll-out.
    func ask(_ request: Request, _ context: WebContext) async throws -> RolloutRequest {
        let user = try context.user(.operator, try await Form.read(request), request)
        let digest = try await site.store.planDigest(beginning: context.name("digest"))
        return try await site.store.request(try await site.store.request(digest, at: site.now, by: user.actor))
    }

    func approve(_ request: Request, _ context: WebContext) async throws -> RolloutID {
        let user = try context.user(.approver, try await Form.read(request), request)
        let id = try number(context)
        return try await site.host.approve(id, fourEyes: site.settings.needsFourEyes, by: user.actor)
    }

    /// An operator may take back what he asked for himself; to refuse others' takes an approver.
    func refuse(_ request: Request, _ context: WebContext) async throws {
        let user = try context.user(.operator, try await Form.read(request), request)
        let id = try number(context)
        if try await site.store.request(id).askedBy != user.actor { try user.require(.approver) }
        try await site.store.refuse(id, at: site.now, by: user.actor)
    }

    /// It is for who could let the plan's roll-out begin.
    func reject(_ request: Request, _ context: WebContext) async throws {
        let user = try context.user(.approver, try await Form.read(request), request)
        try await site.store.reject(try proposal(context), at: site.now, by: user.actor)
    }

    func proposal(_ context: WebContext) throws(WebFailure) -> Proposal.ID {
        guard let number = Int64(context.name("id")) else {
            throw WebFailure(.notFound, "proposal-unknown", "There is no proposal “\(context.name("id"))”.")
        }
        return Proposal.ID(rawValue: number)
    }

    func number(_ context: WebContext) throws(WebFailure) -> Int64 {
        guard let number = Int64(context.name("id")) else {
            throw WebFailure(.notFound, "request-unknown", "No roll-out was asked for under “\(context.name("id"))”.")
        }
        return number
    }
}
