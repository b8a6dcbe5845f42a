internal import Fleet
internal import Forms
internal import Store

/// A plan as somebody has to know it who decides on it.
struct PlanGlance {
    var plan: FleetPlan
    var digest: ContentDigest

    private var plans: [NodePlan] { plan.nodes.map(\.plan) }
    private var changing: [NodePlan] { plans.filter { $0.verdict == .change } }

    var markup: Markup {
        let lines: [(String, Markup?)] = [
            (
                "Plan",
                "<a class=\"mono\" href=\"/plans/\(digest)\">\(digest.short)</a>, to \(plan.purpose.rawValue) \(plan.playbook.name)"
            ),
            ("Changes", nodes(changing)), ("What changes", what),
            ("Reboots", nodes(changing.filter(\.reboot)) ?? "none"),
            ("Highest risk", risk ?? "no forecast was made"), ("Overridden", overridden), ("Left alone", leftAlone),
            ("How", "\(plan.playbook.rollout.phrase)"),
        ]
        let items: [Markup] = lines.compactMap { label, text in
            text.map { "<dt>\(label)</dt><dd>\($0)</dd>" }
        }
        return "<dl class=\"glance\">\(items)</dl>"
    }

    private func nodes(_ plans: [NodePlan]) -> Markup? {
        guard !plans.isEmpty else { return nil }
        return "<b>\(Piece.count(plans.count, "node"))</b>: \(Piece.nodes(Set(plans.map(\.node))))"
    }

    private var what: Markup? {
        let files = Set(changing.flatMap(\.files).map(\.path)).sorted()
        let commands = Set(changing.flatMap(\.commands).map(\.rawValue)).sorted()
        let guests = changing.reduce(0) { $0 + $1.guests.count }
        let parts = [
            files.joined(separator: ", "), commands.joined(separator: ", "),
            guests == 0 ? "" : "the settings of \(Piece.count(guests, "guest"))",
        ].filter { !$0.isEmpty }
        return parts.isEmpty ? nil : "\(parts.joined(separator: "; ").shortened(to: 300))"
    }

    private var risk: Markup? {
        guard let worst = changing.filter({ $0.forecast != nil }).max(by: { $0.riskScore < $1.riskScore }),
            let risk = worst.forecast?.risk
        else { return nil }
        let reasons = risk.reasons.prefix(3).map(\.message).joined(separator: " ")
        return """
            \(Piece.badge("\(risk.score) of 100, \(risk.level.rawValue)", risk.level.style)) \
            <a href="/nodes/\(worst.node)">\(worst.node)</a> \(reasons)
            """
    }

    /// What the plan lets pass although it speaks against it.
    private var overridden: Markup? {
        let reasons = plans.flatMap { plan in plan.reasons.filter { $0.severity == .overridden }.map { (plan.node, $0) }
        }
        guard !reasons.isEmpty else { return nil }
        let items: [Markup] = reasons.prefix(20).map { node, reason in
            "<li class=\"attention\"><b>\(node)</b> \(reason.message) <span class=\"dim\">[\(reason.code)]</span></li>"
        }
        return "<ul>\(items)</ul>"
    }

    private var leftAlone: Markup? {
        let blocked = plans.filter { $0.verdict == .blocked }
        let codes = Set(blocked.flatMap(\.reasons).filter { $0.severity == .blocker }.map(\.code.rawValue)).sorted()
        let parts: [(String, [NodePlan])] = [
            ("blocked (\(codes.joined(separator: ", ")))", blocked),
            ("unreachable", plans.filter { $0.verdict == .unreachable }),
            ("as wanted", plans.filter { $0.verdict == .unchanged }),
        ]
        let lines: [Markup] = parts.compactMap { words, plans in nodes(plans).map { "<p>\(words): \($0)</p>" } }
        return lines.isEmpty ? nil : Markup(joining: lines)
    }
}

extension NodePlan {
    fileprivate var riskScore: Int { forecast?.risk.score ?? 0 }
}

extension Risk.Level {
    /// The class of its colour.
    var style: String { self == .low ? "good" : self == .high ? "bad" : "attention" }
}
