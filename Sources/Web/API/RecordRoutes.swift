internal import Fleet
internal import Forms
internal import Hummingbird
internal import Store

/// What waits for a decision, who answers for what, and who was told, for programs.
struct RecordRoutes: Sendable {
    let site: Site
    var store: Store { site.store }

    func add(to api: RouterGroup<WebContext>) {
        api.get("exemptions") { request, _ in
            try PageOfList(request).json(try await store.exemptions().map(ExemptionDocument.init), request)
        }
        api.get("alerts") { request, _ in
            let page = try PageOfList(request)
            let alerts = try await store.alerts(latest: page.offset + page.limit + 1).reversed()
            return try page.json(alerts.map(AlertDocument.init), request)
        }
        api.get("proposals") { request, _ in
            let page = try PageOfList(request)
            let proposals = try await store.proposals(latest: page.offset + page.limit + 1).reversed()
            return try page.json(proposals.map(ProposalDocument.init), request)
        }
        let actions = RolloutActions(site: site)
        api.post("proposals/:id/approve") { request, context in
            let rollout = try await actions.approveProposal(request, context)
            return try JSONAnswer.make(["rollout": rollout], for: request, status: .accepted)
        }
        api.post("proposals/:id/reject") { request, context in
            try await actions.rejectProposal(request, context)
            return Response(status: .accepted)
        }
    }
}
