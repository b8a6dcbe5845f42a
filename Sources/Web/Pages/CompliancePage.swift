internal import Fleet
internal import Forms
internal import Hummingbird
internal import Store

/// How the fleet stood over the last weeks.
struct CompliancePage {
    private static let days = 30

    let map: HeatMap
    let rows: [HeatMap.Row]
    let overview: FleetOverview

    static func make(_ site: Site, _ request: Request, _ user: Identity) async throws -> Page {
        let map = HeatMap(days: days, until: site.now)
        let start = map.days.first ?? site.now
        let spans = Dictionary(grouping: try await site.store.troubles(since: start), by: \.subject.node)
        let looks = try await site.store.lookDays(since: start)
        let overview = try await FleetOverview.read(site.store, at: site.now)
        let rows = overview.nodes.map { member in
            let name = member.node.name
            return HeatMap.Row(node: name, spans: spans[name] ?? [], looks: looks[name] ?? LookDays())
        }
        let page = CompliancePage(map: map, rows: rows, overview: overview)
        let schedules = try await ScheduleDocument.all(in: site.store, at: site.now)
        let main: Markup = """
            <h1>Compliance</h1>
            \(page.sentence)
            \(legend)
            \(page.causes)
            \(page.rules)
            \(try page.nodes(request))
            \(table(schedules, site.now))
            \(exemptions(try await site.store.exemptions(countingAt: site.now)))
            \(alerts(try await site.store.alerts(latest: 20), site.now))
            """
        return Page(title: "Compliance", section: .compliance, identity: user, main: main)
    }

    /// Says no more than was looked at.
    private var sentence: Markup {
        let looked = rows.filter { $0.looks.first != nil }
        guard let since = looked.compactMap(\.looks.first).min() else {
            return
                "<p>Nothing was verified by schedule in the last \(Self.days) days: <code>vfiofleet serve</code> does that.</p>"
        }
        let held = looked.count { row in map.days.allSatisfy { !HeatMap.state(row, on: $0).isTrouble } }
        let missed = rows.count - looked.count
        let rest: Markup =
            missed == 0 ? "" : " \(Piece.count(missed, "node")) of the inventory could not be, or was not, looked at."
        return """
            <p>\(Piece.grouped(held)) of the \(Piece.count(looked.count, "node")) that were looked at held everything that was \
            asked, at every look since \(HeatMap.name(of: since)).\(rest)</p>
            """
    }

    private static var legend: Markup {
        let items: [Markup] = [NodeHealth.good, .bad, .attention, .unknown].map { health in
            let severity = health == .bad ? ", high severity" : ""
            return
                "<li><span class=\"swatch heat-\(health.rawValue)\">\(health.sign)</span> \(health.words)\(severity)</li>"
        }
        return
            "<ul class=\"legend key\">\(items)<li><span class=\"swatch heat-none\">·</span> not looked at on that day</li></ul>"
    }

    /// Why what does not hold now stopped to: whether somebody changed nodes, or what is asked of them.
    private var causes: Markup {
        let failing = overview.nodes.flatMap(\.troubles).filter { !$0.isExempt && $0.span.status == .fail }.map(\.span)
        guard !failing.isEmpty else { return "" }
        let causes: [(Drift?, String)] = [
            (.corrective, "It held, and \(Drift.corrective.phrase)"),
            (.intentional, "It held, and \(Drift.intentional.phrase)"), (nil, "It was never seen to hold"),
        ]
        let items: [Markup] = causes.compactMap { drift, words in
            let spans = failing.filter { $0.drift == drift }
            guard !spans.isEmpty else { return nil }
            let nodes = Set(spans.map(\.subject.node))
            return """
                <dt>\(words)</dt><dd><b>\(Piece.count(spans.count, "rule"))</b> on \(Piece.count(nodes.count, "node")): \
                \(Piece.nodes(nodes))</dd>
                """
        }
        return "<section><h2>What does not hold now, and why</h2><dl class=\"roomy\">\(items)</dl></section>"
    }

    /// Rules down, days across: on how many of the nodes that were looked at each did not hold.
    private var rules: Markup {
        let known = Set(rows.flatMap(\.spans).map(\.subject.rule))
        let lines: [Markup] = RuleID.all.filter(known.contains).map { rule in
            "<tr><th scope=\"row\">\(rule)</th>\(map.days.map { cell(rule, $0) })</tr>\n"
        }
        guard !lines.isEmpty else { return "" }
        return """
            <section><h2>By rule</h2><p class="dim">On how many nodes it did not hold.</p>
            \(map.table("Rule", label: "Rules by day", lines))</section>
            """
    }

    private func cell(_ rule: RuleID, _ day: Timestamp) -> Markup {
        let looked = rows.filter { $0.looks.days[day] != nil }
        guard !looked.isEmpty else { return HeatMap.notLookedAt }
        let present = looked.flatMap(\.spans).filter {
            $0.subject.rule == rule && HeatMap.overlaps(($0.from, $0.to), day)
        }
        let nodes = Set(present.map(\.subject.node)).count
        guard nodes > 0 else { return HeatMap.held("none") }
        let fails = present.contains { $0.status == .fail }
        let style = !fails ? "unknown" : rule.severity == .high ? "bad" : "attention"
        return "<td class=\"\(style)\">\(nodes)<span class=\"vh\"> on \(HeatMap.name(of: day))</span></td>"
    }

    /// Those with something to see: trouble, or nobody looks.
    private func nodes(_ request: Request) throws -> Markup {
        let quiet = Set(
            overview.nodes.filter { $0.staleSince == nil && $0.verifiedAt != nil }.map(\.node.name))
        let shown = rows.filter { row in
            !quiet.contains(row.node) || map.days.contains { HeatMap.state(row, on: $0).isTrouble }
        }
        guard !shown.isEmpty else { return "" }
        let page = try PageOfList(request, usual: 60)
        return """
            <section><h2>By node</h2><p class="dim">Nodes that held everything at every look, the last of them not long ago, \
            are left out.</p>
            \(map.table(page.part(shown)))
            \(Piece.paging(page, PageAddress { page.address(request, $0) }, of: shown.count))</section>
            """
    }

    private static func table(_ schedules: [ScheduleDocument], _ now: Timestamp) -> Markup {
        guard !schedules.isEmpty else { return "" }
        let rows: [[Cell]] = schedules.map { entry in
            let late: Markup = entry.lateSince == nil ? "" : " \(Piece.badge("overdue", "attention"))"
            return [
                .head("\(entry.name)"), Cell("\(entry.when)", "mono"), Cell("\(entry.next ?? "never")\(late)"),
                Cell("\(entry.begunAt ?? "not yet")"), Cell("\(entry.words)"),
            ]
        }
        return """
            <section><h2>Schedules</h2>\
            \(Piece.table("Schedules", ["Schedule", "When", "Next", "Last", "Result"], rows))</section>
            """
    }

    private static func exemptions(_ stored: [StoredExemption]) -> Markup {
        guard !stored.isEmpty else { return "" }
        let rows: [[Cell]] = stored.map { entry in
            let exemption = entry.exemption
            let subject = [exemption.rule?.description ?? "every rule", exemption.device ?? ""].joined(separator: " ")
            return [
                Cell("<a href=\"/nodes/\(exemption.node)\">\(exemption.node)</a>"), Cell("\(subject)"),
                Cell("\(exemption.owner)"), Cell("\(exemption.expiresAt.iso8601)"), Cell("\(exemption.reason)"),
            ]
        }
        return """
            <section><h2>Exemptions</h2>\
            \(Piece.table("Exemptions", ["Node", "Rule", "Owner", "Until", "Reason"], rows))</section>
            """
    }

    /// Who was told what, the newest first.
    private static func alerts(_ stored: [StoredAlert], _ now: Timestamp) -> Markup {
        guard !stored.isEmpty else { return "" }
        let rows: [[Cell]] = stored.reversed().map { alert in
            let style = ["sent": "good", "given-up": "bad"][alert.state.word] ?? "attention"
            let error: Markup = alert.error.map { "<p class=\"dim\">\($0.message)</p>" } ?? ""
            return [
                Cell(Piece.when(alert.createdAt, now)), Cell("\(alert.receiver)"),
                Cell(Piece.badge(alert.state.word.replacing("-", with: " "), style)),
                Cell("\(alert.alert.title)\(error)", "wordy"),
            ]
        }
        return """
            <section><h2>Alerts <span class="dim">the latest</span></h2>\
            \(Piece.table("Alerts", ["Made", "To", "State", "What it says"], rows))</section>
            """
    }
}

extension HeatMap.Day {
    var isTrouble: Bool { if case .trouble = self { true } else { false } }
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
        let rows: [[Cell]] = page.part(all).map { standing in
            let exemption = exemptions.last { $0.covers(standing.subject, at: standing.lastSeen) }
            return RuleSpanRow(standing: standing, isExempt: exemption != nil, now: site.now).cells
        }
        let title = day.map { "\(node) on \(HeatMap.name(of: $0))" } ?? "\(node) over time"
        let table: Markup =
            rows.isEmpty
            ? "<p>Nothing was verified then.</p>"
            : Piece.table("Rules", ["Stood", "Rule", "From", "To", "What was seen"], rows)
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

    var cells: [Cell] {
        let (subject, state) = (standing.subject, standing.state)
        return [
            Cell(
                Piece.badge(
                    Piece.word(state.status, isExempt: isExempt), Piece.style(state.status, isExempt: isExempt))),
            Cell(
                """
                \(subject.rule) <span class="mono dim">\(subject.device ?? "")</span>\(Piece.drift(standing.drift))
                """, "brief"),
            Cell(Piece.clock(standing.firstSeen), "brief"),
            Cell(standing.isCurrent ? "still so, as far as was looked" : Piece.clock(standing.lastSeen), "brief"),
            Cell("\(state.message)\(Piece.evidence(state.evidence))", "wordy"),
        ]
    }
}
