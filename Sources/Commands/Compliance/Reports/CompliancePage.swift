internal import Fleet
internal import Forms

/// `compliance --html`: how every rule stands, on one page that stands alone: no script, no network, light and dark.
struct CompliancePage {
    var entries: [ComplianceEntry]
    var now: Timestamp

    private var current: [ComplianceEntry] { entries.filter(\.isCurrent) }

    func render() -> String {
        let body: Markup = """
            <header>
            <h1>Compliance of the fleet</h1>
            <p class="dim">By the last scheduled looks. Written by vfiofleet on \(now.iso8601).</p>
            \(figures)
            </header>
            <main>
            \(current.inOrder(by: \.playbook).map(playbook))\(history)
            </main>
            """
        return StandalonePage.render(title: "Compliance of the fleet", sheet: Self.sheet, body: body)
    }

    private var figures: Markup {
        let nodes = current.inOrder(by: \.node).map { $0.1.standing }
        let figures: [(Int, String, Style)] = [
            (nodes.count, "nodes", .plain), (nodes.count { $0 == .good }, "as asked", .good),
            (nodes.count { $0 == .failing }, "not as asked", .bad),
            (nodes.count { $0 == .unknown }, "not fully known", .warning),
            (nodes.count { $0 == .stale }, "not looked at lately", .warning),
            (current.count { $0.exemption != nil && $0.status != .pass }, "rules exempt", .dim),
        ]
        let items: [Markup] = figures.map { number, words, style in
            "<li><b class=\"\(number == 0 ? "dim" : style.cssClass)\">\(number)</b> \(words)</li>"
        }
        return "<ul class=\"figures\">\(items)</ul>"
    }

    private func playbook(_ name: String, _ entries: [ComplianceEntry]) -> Markup {
        let open = entries.filter { $0.status != .pass }
        let unseen: Markup = entries.unseenWords.map { "<p class=\"warning\">\($0)</p>\n" } ?? ""
        let all: Markup =
            entries.contains(where: \.isStale)
            ? "<p>Every rule held at the last look.</p>" : "<p class=\"good\">Every rule holds.</p>"
        let list: Markup = open.isEmpty ? all : "\(open.map(item))"
        return """
            <section>
            <h2>\(name)</h2>
            \(unseen)\(matrix(entries))
            \(list)
            </section>

            """
    }

    // MARK: - Nodes and rules at a glance

    private func matrix(_ entries: [ComplianceEntry]) -> Markup {
        let rules = RuleID.all.map(\.description).filter { rule in entries.contains { $0.rule == rule } }
        let heads: [Markup] = rules.map { "<th scope=\"col\"><span>\($0)</span>" }
        let rows: [Markup] = entries.inOrder(by: \.node).map { node, entries in
            let cells: [Markup] = rules.map { rule in cell(entries.filter { $0.rule == rule }) }
            return "<tr><th scope=\"row\" class=\"mono\">\(node)\(cells)</tr>\n"
        }
        return """
            <div class="wide" tabindex="0" role="region" aria-label="Nodes and rules"><table class="matrix">
            <thead><tr><th scope="col">Node\(heads)</tr></thead>
            <tbody>
            \(rows)</tbody>
            </table></div>
            """
    }

    /// The worst of a rule's subjects on one node; not by colour alone.
    private func cell(_ entries: [ComplianceEntry]) -> Markup {
        let order: [Style] = [.bad, .warning, .dim, .good]
        guard let style = order.first(where: { style in entries.contains { $0.style == style } }) else {
            return "<td class=\"dim\">·"
        }
        let (mark, words): (String, String) =
            switch style {
            case .bad: ("✗", "fails")
            case .warning: ("?", "can’t be told")
            case .dim: ("–", "exempt")
            default: ("✓", "holds")
            }
        return
            "<td class=\"\(style.cssClass)\"><span role=\"img\" aria-label=\"\(words)\" title=\"\(words)\">\(mark)</span>"
    }

    // MARK: - What does not hold

    private func item(_ entry: ComplianceEntry) -> Markup {
        let drift: Markup = entry.drift.map { "<span class=\"badge\">\($0.phrase)</span> " } ?? ""
        let exempt: Markup = entry.exemptPhrase.map { "<p class=\"dim\">\($0.printableLine)</p>\n" } ?? ""
        return """
            <article class="rule">
            <h3><span class="mono">\(entry.node)</span> \(entry.name)</h3>
            <p class="badges"><span class="badge \(entry.style.cssClass)">\(entry.word)</span> \
            <span class="badge">\(entry.severity)</span> \(drift)</p>
            <p>\(entry.statement.printableLine)</p>
            \(exempt)<p class="dim">Since \(entry.since), last seen \(entry.lastSeen).</p>
            \(evidence(entry.evidence))</article>

            """
    }

    private func evidence(_ evidence: [Evidence]) -> Markup {
        guard !evidence.isEmpty else { return "" }
        let parts: [Markup] = evidence.map { "<pre><b>$ \($0.command.printableLine)</b>\n\($0.output)</pre>\n" }
        return "<details><summary>What was seen</summary>\n\(parts)</details>\n"
    }

    // MARK: - What was

    private var history: Markup {
        let past = entries.filter { !$0.isCurrent }
        guard !past.isEmpty else { return "" }
        let rows: [Markup] = past.suffix(500).reversed().map { entry in
            """
            <tr><td>\(entry.messageSince)<td>\(entry.lastSeen)<td class="mono">\(entry.node)<td>\(entry.name)\
            <td class="\(entry.style.cssClass)">\(entry.word)<td>\(entry.message.printableLine)</tr>

            """
        }
        return """
            <section>
            <h2>How it stood before</h2>
            <div class="wide" tabindex="0" role="region" aria-label="History"><table>
            <thead><tr><th>From<th>Until<th>Node<th>Rule<th>Status<th>Message</tr></thead>
            <tbody>
            \(rows)</tbody>
            </table></div>
            </section>

            """
    }

    private static let sheet: Markup = """
          .matrix { width: auto; } .matrix td { text-align: center; padding: .2rem .55rem; font-weight: 700; }
          .matrix thead th { vertical-align: bottom; padding: .2rem .55rem; }
          .matrix thead th span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
          .matrix tbody th { position: sticky; left: 0; background: var(--ground); color: var(--text); white-space: nowrap; }
          .matrix td.bad { background: var(--bad-ground); } .matrix td.warning { background: var(--warning-ground); }
          .rule { margin-top: .8rem; } .rule p { overflow-wrap: anywhere; } summary { cursor: pointer; color: var(--link); }
          pre { overflow-x: auto; background: var(--ground); border: 1px solid var(--line); border-radius: 6px;
            padding: .5rem .7rem; font: 12px/1.45 ui-monospace, "DejaVu Sans Mono", monospace; }

        """
}
