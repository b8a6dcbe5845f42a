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
        let beginning = RolloutBeginning(store: site.store, time: site.time)
        try await beginning.refuseUseless(try await site.store.plan(digest), digest)
        return try await site.host.begin(digest, by: user.actor)
    }

    /// Asks for a plan's roll-out.
    func ask(_ request: Request, _ context: WebContext) async throws -> RolloutRequest {
        let user = try context.user(.operator, try await Form.read(request), request)
        let digest = try await site.store.planDigest(beginning: context.name("digest"))
        let beginning = RolloutBeginning(store: site.store, time: site.time)
        try await beginning.refuseUseless(try await site.store.plan(digest), digest)
        return try await site.store.request(try await site.store.request(digest, at: site.now, by: user.actor))
    }

    func approve(_ request: Request, _ context: WebContext) async throws -> RolloutID {
        let user = try context.user(.approver, try await Form.read(request), request)
        let id = try await site.request(context.name("id")).id
        return try await site.host.approve(id, fourEyes: site.settings.needsFourEyes, by: user.actor)
    }

    /// An operator may take back what he asked for himself; to refuse others' takes an approver.
    func refuse(_ request: Request, _ context: WebContext) async throws {
        let user = try context.user(.operator, try await Form.read(request), request)
        let asked = try await site.request(context.name("id"))
        if asked.askedBy != user.actor { try user.require(.approver) }
        try await site.store.refuse(asked.id, at: site.now, by: user.actor)
    }

    /// A proposal is a plan that its schedule asks for. Fails with `proposal-unknown`, `proposal-not-open`, and as
    /// `RolloutHost.approve` does.
    func approveProposal(_ request: Request, _ context: WebContext) async throws -> RolloutID {
        let user = try context.user(.approver, try await Form.read(request), request)
        let proposal = try await openProposal(context)
        let beginning = RolloutBeginning(store: site.store, time: site.time)
        try await beginning.refuseUseless(try await site.store.plan(proposal.plan), proposal.plan)
        let open = try await site.store.openRequests().first { $0.plan == proposal.plan }?.id
        let asked =
            if let open { open } else {
                try await site.store.request(
                    proposal.plan, at: site.now, by: RemediationService.actor(proposal.schedule))
            }
        return try await site.host.approve(asked, fourEyes: site.settings.needsFourEyes, by: user.actor)
    }

    /// Fails with `proposal-unknown`, `proposal-not-open`.
    func rejectProposal(_ request: Request, _ context: WebContext) async throws {
        let user = try context.user(.approver, try await Form.read(request), request)
        try await site.store.reject(try await openProposal(context).id, at: site.now, by: user.actor)
    }

    private func openProposal(_ context: WebContext) async throws -> Proposal {
        let proposal = try await site.proposal(context.name("id"))
        guard proposal.state == .open, proposal.mode == .propose else {
            throw FleetError(
                "proposal-not-open", "The proposal \(proposal.id.rawValue) does not wait for anybody's decision.")
        }
        return proposal
    }
}
