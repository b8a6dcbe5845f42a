internal import Engine
internal import Fleet
internal import Forms
internal import Hummingbird
internal import Store

/// One plan that waits for somebody to decide: what it does, then the decision.
struct DecisionPage {
    static func request(_ site: Site, _ text: String, _ user: Identity) async throws -> Page {
        let request = try await site.request(text)
        let plan = try await site.store.plan(request.plan)
        let forms: Markup =
            if let decider = request.decidedBy {
                decided(by: decider, request.rollout)
            } else {
                RequestForms(request: request, user: user, fourEyes: site.settings.needsFourEyes).markup
            }
        let asked: Markup = "Asked for by \(request.askedBy), \(Piece.when(request.askedAt, site.now))."
        return page(
            "Roll-out of \(plan.playbook.name)", asked, PlanGlance(plan: plan, digest: request.plan), forms, user)
    }

    static func proposal(_ site: Site, _ text: String, _ user: Identity) async throws -> Page {
        let proposal = try await site.proposal(text)
        let plan = try await site.store.plan(proposal.plan)
        let causes = try await Proposals.causes(of: proposal, site)
        let asked: Markup = """
            Proposed by the schedule \(proposal.schedule), \(Piece.when(proposal.proposedAt, site.now))\(causes)
            """
        let forms = ProposalForms(proposal: proposal, user: user).markup
        return page(
            "Proposal \(proposal.id.rawValue): \(plan.playbook.name)", asked,
            PlanGlance(plan: plan, digest: proposal.plan), forms, user)
    }

    private static func page(
        _ title: String, _ asked: Markup, _ glance: PlanGlance, _ forms: Markup, _ user: Identity
    ) -> Page {
        let main: Markup = """
            <p class="crumbs"><a href="/rollouts">Roll-outs</a></p>
            <h1>\(title)</h1>
            <p class="dim">\(asked)</p>
            \(glance.markup)
            \(forms)
            """
        return Page(title: title, section: .rollouts, identity: user, main: main)
    }

    private static func decided(by decider: String, _ rollout: RolloutID?) -> Markup {
        guard let rollout else { return "<p class=\"notice\">\(decider) has refused it.</p>" }
        return "<p class=\"notice\">\(decider) let it begin: <a href=\"/rollouts/\(rollout)\">\(rollout)</a>.</p>"
    }
}

/// What a user may do with a roll-out that was asked for.
struct RequestForms {
    var request: RolloutRequest
    var user: Identity
    var fourEyes: Bool

    private var isOwn: Bool { request.askedBy == user.actor }

    var markup: Markup {
        let address = "/requests/\(request.id)"
        let approve: Markup =
            user.role >= .approver && !(fourEyes && isOwn)
            ? Piece.form("\(address)/approve", "Approve and begin", user, "primary") : ""
        let refuse: Markup =
            user.role >= .approver || isOwn && user.role >= .operator
            ? Piece.form("\(address)/refuse", isOwn ? "Take back" : "Refuse", user) : ""
        let hint: Markup =
            user.role < .approver
            ? "<span class=\"dim\">It begins once an approver lets it.</span>"
            : fourEyes && isOwn ? "<span class=\"dim\">Somebody else has to approve it.</span>" : ""
        return "<div class=\"actions\">\(approve)\(refuse)\(hint)</div>"
    }
}

/// What a user may do with a proposal.
struct ProposalForms {
    var proposal: Proposal
    var user: Identity

    var markup: Markup {
        switch proposal.state {
        case .begun(let id): "<p class=\"notice\">It became the roll-out <a href=\"/rollouts/\(id)\">\(id)</a>.</p>"
        case .rejected(let actor): "<p class=\"notice\">\(actor) has declined it.</p>"
        case .superseded(let later):
            "<p class=\"notice\"><a href=\"/proposals/\(later.rawValue)\">A later one</a> is about one of its nodes.</p>"
        case .open where proposal.mode == .apply: "<p class=\"notice\">It is carried out by itself.</p>"
        case .open where user.role < .approver: "<p class=\"dim\">An approver decides on it.</p>"
        case .open:
            """
            <div class="actions">\(Piece.form("/proposals/\(proposal.id.rawValue)/approve", "Approve and begin", user, "primary"))\
            \(Piece.form("/proposals/\(proposal.id.rawValue)/reject", "Decline", user))</div>
            """
        }
    }
}

/// Proposals that wait for somebody.
enum Proposals {
    /// Older ones are superseded, or about what nobody has decided on for long.
    private static let latest = 500

    /// Without those whose plan was asked for meanwhile: they wait as that.
    static func open(_ store: Store) async throws -> [Proposal] {
        let asked = Set(try await store.openRequests().map(\.plan))
        return try await store.proposals(latest: latest).filter {
            $0.state == .open && $0.mode == .propose && !asked.contains($0.plan)
        }
    }

    /// `, because driver does not hold on n1 and n2.`
    static func causes(of proposal: Proposal, _ site: Site) async throws -> Markup {
        let nodes = Set(proposal.nodes)
        let spans = try await site.store.troubles(since: site.now).filter {
            $0.to == nil && $0.status == .fail && $0.playbook == proposal.playbook && nodes.contains($0.subject.node)
        }
        guard !spans.isEmpty else { return ". Everything it was made for holds by now." }
        let rules = Dictionary(grouping: spans, by: \.subject.rule).sorted { $0.key.description < $1.key.description }
        let words = rules.map { rule, spans in
            let drift = Set(spans.compactMap(\.drift)).map(\.phrase).sorted().joined(separator: " or ")
            return
                "\(rule) does not hold on \(NameSet.fold(Set(spans.map(\.subject.node))))\(drift.isEmpty ? "" : ": \(drift)")"
        }
        return ", because \(words.joined(separator: "; "))."
    }
}
