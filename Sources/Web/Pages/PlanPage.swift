internal import Engine
internal import Fleet
internal import Forms
internal import Hummingbird
internal import Store

/// A stored plan: what a roll-out of it would change, and the way to ask for that.
struct PlanPage {
    static func make(_ site: Site, _ text: String, _ request: Request, _ user: Identity) async throws -> Page {
        let digest = try await site.store.planDigest(beginning: text)
        let plan = try await site.store.plan(digest)
        let open = try await site.store.openRequests().first { $0.plan == digest }
        let page = try PageOfList(request, usual: 20)
        let order: [NodePlan.Verdict] = [.blocked, .change, .unreachable]
        let plans = order.flatMap { verdict in plan.nodes.map(\.plan).filter { $0.verdict == verdict } }
        let main: Markup = """
            <p class="crumbs"><a href="/rollouts">Roll-outs</a></p>
            <h1>Plan <span class="mono">\(digest.short)</span></h1>
            \(PlanGlance(plan: plan, digest: digest).markup)
            \(try await asking(plan, digest, open, user, site))
            \(page.part(plans).map(node))
            \(Piece.paging(page, PageAddress { page.address(request, $0) }, of: plans.count))
            """
        return Page(title: "Plan \(digest.short)", section: .rollouts, identity: user, main: main)
    }

    private static func asking(
        _ plan: FleetPlan, _ digest: ContentDigest, _ open: RolloutRequest?, _ user: Identity, _ site: Site
    ) async throws -> Markup {
        if let open {
            return """
                <p class="notice attention">Its roll-out was asked for by \(open.askedBy), \(Piece.when(open.askedAt, site.now)): \
                <a href="/requests/\(open.id)">to the decision</a>.</p>
                """
        }
        do { try await RolloutBeginning(store: site.store, time: site.time).refuseUseless(plan, digest) } catch {
            return "<p class=\"notice\">\(error.message)</p>"
        }
        guard user.role >= .operator else { return "" }
        return """
            <div class="actions">\(Piece.form("/plans/\(digest)/request", "Ask for this roll-out", user, "primary"))\
            <span class="dim">It begins once an approver lets it.</span></div>
            """
    }

    private static func node(_ plan: NodePlan) -> Markup {
        let style = plan.verdict == .blocked ? "bad" : plan.verdict == .change ? "active" : "unknown"
        let reasons: [Markup] = plan.reasons.map { reason in
            """
            <li><b>\(reason.severity.rawValue)</b> \(reason.message) <span class="dim">[\(reason.code)]</span>\(Piece.evidence(reason.evidence))</li>
            """
        }
        let diffs: [Markup] = plan.files.map { file in
            "<h3 class=\"mono\">\(file.path)</h3><pre tabindex=\"0\" class=\"diff\">\(diff(file))</pre>"
        }
        let steps =
            plan.commands.map(\.rawValue) + (plan.reboot ? ["reboot"] : [])
            + plan.guests.map {
                "VM \($0.vm): \($0.options.map { "\($0.key): \($0.before ?? "unset") → \($0.after ?? "unset")" }.joined(separator: ", "))"
            }
        let list: [Markup] = steps.map { "<li><code>\($0)</code></li>" }
        let risk: Markup =
            plan.forecast.map {
                " \(Piece.badge("risk \($0.risk.score)", $0.risk.level.style))"
            } ?? ""
        return """
            <section><h2><a href="/nodes/\(plan.node)">\(plan.node)</a> \(Piece.badge(plan.verdict.rawValue, style))\(risk)</h2>
            <ul class="reasons">\(reasons)</ul>\(diffs)<ul class="steps">\(list)</ul></section>
            """
    }

    private static func diff(_ file: FileChange) -> [Markup] {
        UnifiedDiff.render(file).split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let style = line.hasPrefix("+") ? "new" : line.hasPrefix("-") ? "old" : line.hasPrefix("@") ? "dim" : ""
            return style.isEmpty ? "\(line)\n" : "<span class=\"\(style)\">\(line)</span>\n"
        }
    }
}
