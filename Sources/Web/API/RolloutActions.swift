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

    private func number(_ context: WebContext) throws(WebFailure) -> Int64 {
        guard let number = Int64(context.name("id")) else {
            throw WebFailure(.notFound, "request-unknown", "No roll-out was asked for under “\(context.name("id"))”.")
        }
        return number
    }
}
