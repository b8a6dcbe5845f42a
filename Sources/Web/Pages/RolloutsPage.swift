internal import Fleet
internal import Forms
internal import Hummingbird
internal import Store

/// All roll-outs, after what waits for a decision.
struct RolloutsPage {
    static func make(_ site: Site, _ request: Request, _ user: Identity) async throws -> Page {
        let page = try PageOfList(request, usual: 20)
        let rollouts = try await site.store.rollouts(latest: page.offset + page.limit + 1)
        let playbooks = try await site.store.playbooks(of: Set(rollouts.map(\.rollout.plan)))
        let plans = try await site.store.plans(latest: 10)
        let main: Markup = """
            <h1>Roll-outs</h1>
            \(try await waiting(site, user))
            \(table(page.part(rollouts), playbooks, site.now))
            \(Piece.paging(page, PageAddress { page.address(request, $0) }, of: rollouts.count))
            \(latest(plans, site.now))
            """
        return Page(title: "Roll-outs", section: .rollouts, identity: user, main: main)
    }

    /// Each with what it does: the decision itself is a page further.
    private static func waiting(_ site: Site, _ user: Identity) async throws -> Markup {
        var items: [Markup] = []
        for request in try await site.store.openRequests() {
            let plan = try await site.store.plan(request.plan)
            let asked: Markup = "Asked for by \(request.askedBy), \(Piece.when(request.askedAt, site.now))."
            items.append(
                item("Roll-out of \(plan.playbook.name)", asked, plan, request.plan, "/requests/\(request.id)", user))
        }
        for proposal in try await Proposals.open(site.store) {
            let plan = try await site.store.plan(proposal.plan)
            let asked: Markup = """
                Proposed by the schedule \(proposal.schedule), \(Piece.when(proposal.proposedAt, site.now))\
                \(try await Proposals.causes(of: proposal, site))
                """
            items.append(
                item(
                    "Proposal \(proposal.id.rawValue): \(plan.playbook.name)", asked, plan, proposal.plan,
                    "/proposals/\(proposal.id.rawValue)", user))
        }
        guard !items.isEmpty else { return "" }
        return "<section><h2>To be decided</h2><ul class=\"troubles\">\(items)</ul></section>"
    }

    private static func item(
        _ title: String, _ asked: Markup, _ plan: FleetPlan, _ digest: ContentDigest, _ address: String,
        _ user: Identity
    ) -> Markup {
        let words = user.role >= .approver ? "Decide…" : "Look at it"
        return """
            <li class="attention"><h3>\(title)</h3><p class="dim">\(asked)</p>
            \(PlanGlance(plan: plan, digest: digest).markup)
            <p><a class="button" href="\(address)">\(words)</a></p></li>
            """
    }

    private static func table(
        _ rollouts: [StoredRollout], _ playbooks: [ContentDigest: String], _ now: Timestamp
    ) -> Markup {
        guard !rollouts.isEmpty else { return "<p>There was no roll-out yet.</p>" }
        let rows: [[Cell]] = rollouts.map { stored in
            let rollout = stored.rollout
            return [
                .head("<a href=\"/rollouts/\(rollout.id)\">\(rollout.id)</a>"),
                Cell("\(playbooks[rollout.plan] ?? "")"),
                Cell(Piece.badge(rollout.phase.word, rollout.phase.cssClass)), Cell("\(Tally(rollout.nodes).words)"),
                Cell(Piece.when(stored.createdAt, now)), Cell("\(stored.createdBy)"),
            ]
        }
        return Piece.table("Roll-outs", ["Roll-out", "Playbook", "State", "Nodes", "Begun", "By"], rows)
    }

    private static func latest(_ plans: [PlanSummary], _ now: Timestamp) -> Markup {
        guard !plans.isEmpty else { return "" }
        let rows: [[Cell]] = plans.map { plan in
            let verdicts = plan.verdicts.sorted { $0.key.rawValue < $1.key.rawValue }
                .map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", ")
            return [
                .head("<a class=\"mono\" href=\"/plans/\(plan.digest)\">\(plan.digest.short)</a>"),
                Cell("\(plan.purpose.rawValue)"), Cell("\(plan.playbook)"), Cell(Piece.when(plan.createdAt, now)),
                Cell("\(verdicts)"),
            ]
        }
        return """
            <section><h2>Latest plans</h2>\(Piece.table("Plans", ["Plan", "Purpose", "Playbook", "Made", "Nodes"], rows))</section>
            """
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
