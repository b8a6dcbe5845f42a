internal import Fleet
internal import Forms
internal import Hummingbird
internal import Store

/// How the fleet stood over the last weeks.
struct CompliancePage {
    private static let days = 30

    static func make(_ site: Site, _ request: Request, _ user: Identity) async throws -> Page {
        let map = HeatMap(days: days, until: site.now)
        let spans = try await site.store.troubles(since: map.days.first ?? site.now)
        let byNode = Dictionary(grouping: spans, by: \.subject.node)
        let nodes = try await site.store.nodes().map(\.name)
        let troubled = nodes.compactMap { node in byNode[node].map { (node: node, spans: $0) } }
        let page = try PageOfList(request, usual: 60)
        let since = try await site.store.verifiedSince()
        let schedules = try await site.store.schedules().map { try ScheduleDocument($0, at: site.now) }
        let main: Markup = """
            <h1>Compliance</h1>
            \(sentence(troubled.count, nodes.count, since))
            \(legend)
            \(rules(spans, map, since))
            \(troubled.isEmpty ? "" as Markup : """
            <section><h2>By node</h2><p class="dim">Nodes that held everything all the time are left out.</p>
            \(map.table(page.part(troubled), since: since))
            \(Piece.paging(page, PageAddress { page.address(request, $0) }, of: troubled.count))</section>
            """)
            \(table(schedules, site.now))
            \(exemptions(try await site.store.exemptions(countingAt: site.now)))
            """
        return Page(title: "Compliance", section: .compliance, identity: user, main: main)
    }

    private static func sentence(_ troubled: Int, _ all: Int, _ since: Timestamp?) -> Markup {
        guard since != nil else {
            return "<p>Nothing was verified by schedule yet: <code>vfiofleet serve</code> does that.</p>"
        }
        if troubled == 0 { return "<p>Everything that was asked held on all nodes in the last \(days) days.</p>" }
        return """
            <p>\(Piece.grouped(all - troubled)) of \(Piece.count(all, "node")) held everything that was asked in the last \
            \(days) days.</p>
            """
    }

    private static var legend: Markup {
        let items: [Markup] = [NodeHealth.good, .attention, .bad, .unknown].map { health in
            "<li><span class=\"swatch heat-\(health.rawValue)\">\(health == .good ? "" : health.sign)</span> \(health.words)</li>"
        }
        return "<ul class=\"legend key\">\(items)<li><span class=\"swatch\"></span> not looked at</li></ul>"
    }

    /// Rules down, days across: on how many nodes each did not hold.
    private static func rules(_ spans: [RuleSpan], _ map: HeatMap, _ since: Timestamp?) -> Markup {
        let byRule = Dictionary(grouping: spans, by: \.subject.rule)
        let rows: [Markup] = RuleID.all.compactMap { rule in
            guard let spans = byRule[rule] else { return nil }
            let cells: [Markup] = map.days.map { day in
                let present = spans.filter { HeatMap.overlaps(($0.from, $0.to), day) }
                let nodes = Set(present.map(\.subject.node)).count
                guard nodes > 0 else {
                    let isKnown = since.map { $0.milliseconds < day.milliseconds + HeatMap.dayMilliseconds } ?? false
                    return isKnown
                        ? "<td class=\"good\"><span class=\"vh\">none</span></td>" : "<td class=\"none\"></td>"
                }
                let fails = present.contains { $0.status == .fail }
                let style = !fails ? "unknown" : rule.severity == .high ? "bad" : "attention"
                return "<td class=\"\(style)\">\(nodes)<span class=\"vh\"> on \(HeatMap.name(of: day))</span></td>"
            }
            return "<tr><th scope=\"row\">\(rule)</th>\(cells)</tr>\n"
        }
        guard !rows.isEmpty else { return "" }
        let head: [Markup] = map.days.map {
            "<th scope=\"col\"><span aria-hidden=\"true\">\(HeatMap.name(of: $0).suffix(2))</span><span class=\"vh\">\(HeatMap.name(of: $0))</span></th>"
        }
        return """
            <section><h2>By rule</h2><p class="dim">On how many nodes it did not hold.</p>
            <div class="wide newest" tabindex="0" role="region" aria-label="Rules by day"><table class="heat">
            <thead><tr><th scope="col">Rule</th>\(head)</tr></thead><tbody>\(rows)</tbody></table></div></section>
            """
    }

    private static func table(_ schedules: [ScheduleDocument], _ now: Timestamp) -> Markup {
        guard !schedules.isEmpty else { return "" }
        let rows: [Markup] = schedules.map { entry in
            """
            <tr><th scope="row">\(entry.name)</th><td class="mono">\(entry.when)<td>\(entry.next ?? "never")\
            <td>\(entry.begunAt ?? "not yet")<td>\(entry.words)</tr>
            """
        }
        return """
            <section><h2>Schedules</h2><div class="wide" tabindex="0" role="region" aria-label="Schedules"><table>
            <thead><tr><th scope="col">Schedule</th><th scope="col">When</th><th scope="col">Next</th><th scope="col">Last</th>\
            <th scope="col">Result</th></tr></thead><tbody>\(rows)</tbody></table></div></section>
            """
    }

    private static func exemptions(_ stored: [StoredExemption]) -> Markup {
        guard !stored.isEmpty else { return "" }
        let rows: [Markup] = stored.map { entry in
            let exemption = entry.exemption
            let subject = [exemption.rule?.description ?? "every rule", exemption.device ?? ""].joined(separator: " ")
            return """
                <tr><td><a href="/nodes/\(exemption.node)">\(exemption.node)</a><td>\(subject)<td>\(exemption.owner)\
                <td>\(exemption.expiresAt.iso8601)<td>\(exemption.reason)</tr>
                """
        }
        return """
            <section><h2>Exemptions</h2><div class="wide" tabindex="0" role="region" aria-label="Exemptions"><table>
            <thead><tr><th scope="col">Node</th><th scope="col">Rule</th><th scope="col">Owner</th><th scope="col">Until</th>\
            <th scope="col">Reason</th></tr></thead><tbody>\(rows)</tbody></table></div></section>
            """
    }
}

/// How each rule of a node stood over time, or on one day, down to the evidence.
struct NodeCompliancePage {
    static func make(_ site: Site, _ name: String, _ request: Request, _ user: Identity) async throws -> Page {
        let node = try await site.node(name).name
        var standings = try await site.store.standings(of: node)
        let day = request.query("day").flatMap { HeatMap(days: 400, until: site.now).day($0) }
        if let day {
            standings = standings.filter { HeatMap.overlaps(($0.firstSeen, $0.isCurrent ? nil : $0.lastSeen), day) }
        }
        let exemptions = try await site.store.exemptions()
        let page = try PageOfList(request)
        let all = Array(standings.reversed())
        let rows: [Markup] = page.part(all).map { standing in
            let exemption = exemptions.last { $0.covers(standing.subject, at: standing.lastSeen) }
            return RuleSpanRow(standing: standing, isExempt: exemption != nil, now: site.now).markup
        }
        let title = day.map { "\(node) on \(HeatMap.name(of: $0))" } ?? "\(node) over time"
        let table: Markup =
            rows.isEmpty
            ? "<p>Nothing was verified then.</p>"
            : """
            <div class="wide" tabindex="0" role="region" aria-label="Rules"><table><thead><tr><th scope="col">Stood</th>\
            <th scope="col">Rule</th><th scope="col">From</th><th scope="col">To</th><th scope="col">What was seen</th></tr></thead>\
            <tbody>\(rows)</tbody></table></div>
            """
        let main: Markup = """
            <p class="crumbs"><a href="/compliance">Compliance</a> / <a href="/nodes/\(node)">\(node)</a></p>
            <h1>\(title)</h1>
            \(table)
            \(Piece.paging(page, PageAddress { page.address(request, $0) }, of: all.count))
            """
        return Page(title: title, section: .compliance, identity: user, main: main)
    }
}

/// One stretch of time in which a rule stood the same.
struct RuleSpanRow {
    var standing: RuleStanding
    var isExempt: Bool
    var now: Timestamp

    var markup: Markup {
        let (subject, state) = (standing.subject, standing.state)
        let end: Markup = standing.isCurrent ? "still so" : "\(standing.lastSeen.iso8601)"
        return """
            <tr><td>\(Piece.badge(Piece.word(state.status, isExempt: isExempt), Piece.style(state.status, isExempt: isExempt)))\
            <td class="brief">\(subject.rule) <span class="mono dim">\(subject.device ?? "")</span><td class="brief">\(standing.firstSeen.iso8601)\
            <td class="brief">\(end)<td class="wordy">\(state.message)\(Piece.evidence(state.evidence))</tr>
            """
    }
}
