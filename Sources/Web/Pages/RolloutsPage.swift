internal import Fleet
internal import Forms
internal import Hummingbird
internal import Store

/// All roll-outs, those that wait for an approver first.
struct RolloutsPage {
    static func make(_ site: Site, _ request: Request, _ user: Identity) async throws -> Page {
        let page = try PageOfList(request, usual: 20)
        let rollouts = try await site.store.rollouts(latest: page.offset + page.limit + 1)
        let requests = try await site.store.openRequests()
        let plans = try await site.store.plans(latest: 10)
        let main: Markup = """
            <h1>Roll-outs</h1>
            \(waiting(requests, user, site))
            \(table(page.part(rollouts), site.now))
            \(Piece.paging(page, PageAddress { page.address(request, $0) }, of: rollouts.count))
            \(latest(plans, site.now))
            """
        return Page(title: "Roll-outs", section: .rollouts, identity: user, main: main)
    }

    private static func waiting(_ requests: [RolloutRequest], _ user: Identity, _ site: Site) -> Markup {
        guard !requests.isEmpty else { return "" }
        let items: [Markup] = requests.map { request in
            """
            <li class="attention"><h3>Plan <a class="mono" href="/plans/\(request.plan)">\(request.plan.short)</a> waits for an approver</h3>
            <p class="dim">Asked for by \(request.askedBy), \(Piece.when(request.askedAt, site.now)).</p>
            \(RequestForms(request: request, user: user, fourEyes: site.settings.needsFourEyes).markup)</li>
            """
        }
        return "<section><h2>To be approved</h2><ul class=\"troubles\">\(items)</ul></section>"
    }

    private static func table(_ rollouts: [StoredRollout], _ now: Timestamp) -> Markup {
        guard !rollouts.isEmpty else { return "<p>There was no roll-out yet.</p>" }
        let rows: [Markup] = rollouts.map { stored in
            let rollout = stored.rollout
            return """
                <tr><th scope="row"><a href="/rollouts/\(rollout.id)">\(rollout.id)</a></th>\
                <td>\(Piece.badge(rollout.phase.word, rollout.phase.cssClass))\
                <td>\(Piece.when(stored.createdAt, now))<td>\(stored.createdBy)\
                <td>\(rollout.nodes.count(where: \.hasWork))<td>\(rollout.phase.phrase)</tr>
                """
        }
        let heads: [Markup] = ["Roll-out", "State", "Begun", "By", "Nodes", "It is"].map {
            "<th scope=\"col\">\($0)</th>"
        }
        return """
            <div class="wide" tabindex="0" role="region" aria-label="Roll-outs"><table><thead><tr>\(heads)</tr></thead>
            <tbody>\(rows)</tbody></table></div>
            """
    }

    private static func latest(_ plans: [PlanSummary], _ now: Timestamp) -> Markup {
        guard !plans.isEmpty else { return "" }
        let rows: [Markup] = plans.map { plan in
            let verdicts = plan.verdicts.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", ")
            return """
                <tr><th scope="row"><a class="mono" href="/plans/\(plan.digest)">\(plan.digest.short)</a></th>\
                <td>\(plan.purpose.rawValue)<td>\(plan.playbook)<td>\(Piece.when(plan.createdAt, now))<td>\(verdicts)</tr>
                """
        }
        return """
            <section><h2>Latest plans</h2><div class="wide" tabindex="0" role="region" aria-label="Plans"><table>
            <thead><tr><th scope="col">Plan</th><th scope="col">Purpose</th><th scope="col">Playbook</th><th scope="col">Made</th>\
            <th scope="col">Nodes</th></tr></thead><tbody>\(rows)</tbody></table></div></section>
            """
    }
}

/// What a user may do with a roll-out that was asked for.
struct RequestForms {
    var request: RolloutRequest
    var user: Identity
    var fourEyes: Bool

    var markup: Markup {
        let isOwn = request.askedBy == user.actor
        let mayApprove = user.role >= .approver && !(fourEyes && isOwn)
        let approve: Markup =
            mayApprove
            ? """
            <form method="post" action="/requests/\(request.id)/approve">\(Page.token(user))<button class="primary">Approve and begin</button></form>
            """ : ""
        let refuse: Markup =
            user.role >= .approver || isOwn && user.role >= .operator
            ? """
            <form method="post" action="/requests/\(request.id)/refuse">\(Page.token(user))<button>\(isOwn ? "Take back" : "Refuse")</button></form>
            """ : ""
        let hint: Markup =
            fourEyes && isOwn && user.role >= .approver
            ? "<span class=\"dim\">Somebody else has to approve it.</span>" : ""
        return "<div class=\"actions\">\(approve)\(refuse)\(hint)</div>"
    }
}

extension Fleet.Rollout.Phase {
    var cssClass: String {
        switch self {
        case .running, .pausing, .waiting: "active"
        case .ready, .draining, .suspended: "unverified"
        case .stopping, .ended(.stopped): "bad"
        case .ended(.completed): "good"
        case .ended(.completedWithFailures): "attention"
        }
    }
}
