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
            return try await site.streams.response(
                id, after: last.map { max(0, min($0, .max - 1)) } ?? after, asKept: request.query("form") == "kept")
        }
        addKept(to: api)
        addActions(to: api)
        addProposals(to: api)
    }

    private func addProposals(to api: RouterGroup<WebContext>) {
        api.get("proposals/:id") { request, context in
            try JSONAnswer.make(ProposalDocument(try await site.proposal(context.name("id"))), for: request)
        }
    }

    /// What the state machine knows, for programs of this version that follow it themselves.
    private func addKept(to api: RouterGroup<WebContext>) {
        api.get("rollouts/:id/kept") { request, context in
            let stored = try await store.rollout(try site.rollout(context.name("id")))
            let id = stored.rollout.id
            let left = stored.rollout.secondsLeft(at: site.now, earlier: try await store.pace(before: id))
            let holder = try await RolloutDriver.holder(of: id, in: store, at: site.now)
            return try JSONAnswer.make(KeptRollout(stored, secondsLeft: left, holder: holder), for: request)
        }
        api.get("rollouts/:id/journal") { request, context in
            let id = try site.rollout(context.name("id"))
            _ = try await store.lastEvent(of: id)
            return try JSONAnswer.make(
                try await store.journal(
                    of: id, after: try PageOfList.number("after", 0...Int.max - 1, in: request) ?? 0), for: request)
        }
        api.get("plans/:digest/kept") { request, context in
            let digest = try await store.planDigest(beginning: context.name("digest"))
            return try JSONAnswer.make(KeptPlan(try await store.plan(digest), digest), for: request)
        }
        api.get("requests/:id") { request, context in
            try JSONAnswer.make(
                RequestDocument(try await site.request(context.name("id"))), for: request)
        }
    }

    private var actions: RolloutActions { RolloutActions(site: site) }

    private func addActions(to api: RouterGroup<WebContext>) {
        let actions = actions
        for action in RolloutAction.allCases {
            api.post("rollouts/:id/\(action.rawValue)") { request, context in
                _ = try await actions.perform(action, request, context)
                return Response(status: .accepted)
            }
        }
        for verb in NodeOrder.allCases {
            api.post("rollouts/:id/\(verb.rawValue)") { request, context in
                try await actions.order(verb, request, context)
                return Response(status: .accepted)
            }
        }
        api.post("plans/:digest/rollouts") { request, context in
            let rollout = try await actions.begin(request, context)
            return try JSONAnswer.make(["rollout": rollout], for: request, status: .created)
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
