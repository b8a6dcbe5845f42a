internal import Engine
internal import Fleet
internal import Forms
internal import Foundation
internal import Hummingbird
internal import Store

/// The fleet at a glance: one sentence, then what does not hold, then every node.
struct FleetPage {
    typealias Member = FleetOverview.Member

    let overview: FleetOverview
    /// Those that the filter lets through.
    let shown: [Member]
    let selector: String
    let state: StateFilter?
    let problem: FleetError?
    /// How many plans wait for somebody to decide.
    let undecided: Int
    let now: Timestamp

    /// So many nodes are tiles with names; more are dots.
    static let mostTiles = 120

    static func make(_ site: Site, _ request: Request, _ user: Identity) async throws -> Page {
        let overview = try await FleetOverview.read(site.store, at: site.now)
        let selector = request.query("selector") ?? ""
        var (names, problem): (Set<NodeName>?, FleetError?) = (nil, nil)
        do { if !selector.isEmpty { names = Set(try await site.nodes(selector).map(\.name)) } } catch {
            (names, problem) = ([], WebFailure(error).error)
        }
        let state = request.query("state").flatMap(StateFilter.init)
        let shown = overview.nodes.filter { member in
            names?.contains(member.node.name) ?? true && state?.includes(member) ?? true
        }
        let undecided = try await site.store.openRequests().count + Proposals.open(site.store).count
        let page = FleetPage(
            overview: overview, shown: shown, selector: selector, state: state, problem: problem, undecided: undecided,
            now: site.now)
        return Page(title: "Fleet", section: .fleet, identity: user, main: page.main, refreshes: 30)
    }

    private var main: Markup {
        guard !overview.nodes.isEmpty else {
            return """
                <h1>There are no nodes yet</h1>
                <p>Import an inventory: <code>vfiofleet inventory import FILE</code></p>
                """
        }
        return """
            <h1>\(sentence)</h1>
            <p class="dim">\(verified)</p>
            \(warnings)\(waiting)
            \(bar)
            \(filter)
            \(troubles)
            \(nodes)
            """
    }

    // MARK: - At a glance

    private var sentence: String {
        let all = Piece.count(overview.nodes.count, "node")
        let failing = overview.count(.bad) + overview.count(.attention)
        if failing > 0 { return "\(Piece.grouped(failing)) of \(all) \(failing == 1 ? "is" : "are") not as asked" }
        for health in [NodeHealth.unknown, .stale, .unverified] where overview.count(health) > 0 {
            return "\(Piece.grouped(overview.count(health))) of \(all) \(health.words)"
        }
        return overview.nodes.count == 1 ? "The node is as asked" : "All is well: \(all) as asked"
    }

    /// The oldest look counts as much as the newest.
    private var verified: Markup {
        let times = overview.nodes.compactMap(\.verifiedAt)
        guard let newest = times.max(), let oldest = times.min() else {
            return "No schedule has verified a node yet."
        }
        let (first, last) = (Piece.when(oldest, now), Piece.when(newest, now))
        return first.text == last.text ? "Last verified \(last)." : "Last verified between \(first) and \(last)."
    }

    /// What makes that less is known than it seems.
    private var warnings: Markup {
        let stale = overview.nodes.filter { $0.staleSince != nil }
        var lines: [Markup] = overview.warnings.map { schedule in
            if schedule.run == .brokenOff {
                return """
                    The run of the schedule \(schedule.name) that began at \(schedule.begunAt ?? "") was broken off: who ran \
                    it is gone. <code>vfiofleet serve</code> begins it again.
                    """
            }
            if let error = schedule.outcome?.error {
                return "The schedule \(schedule.name) could not look: \(error.message) \(error.advice ?? "")"
            }
            return """
                The schedule \(schedule.name) is overdue since \(schedule.lateSince ?? ""): <code>vfiofleet serve</code> has to \
                run, and to get to its end.
                """
        }
        if let oldest = stale.compactMap(\.staleSince).min() {
            lines.append(
                """
                \(Piece.count(stale.count, "node")) \(stale.count == 1 ? "was" : "were") \
                not looked at for too long, since \(Piece.when(oldest, now)) or later: \(Piece.nodes(Set(stale.map(\.node.name)))). \
                How \(stale.count == 1 ? "it stands" : "they stand") now is not known.
                """)
        }
        return Markup(joining: lines.map { "<p class=\"notice attention\">! \($0)</p>" })
    }

    private var waiting: Markup {
        guard undecided > 0 else { return "" }
        return """
            <p class="notice"><a href="/rollouts">\(Piece.count(undecided, "plan"))</a> \(undecided == 1 ? "waits" : "wait") for \
            somebody to decide.</p>
            """
    }

    /// One bar for the whole fleet, and how many stand how.
    private var bar: Markup {
        let parts = NodeHealth.allCases.reversed().map { ($0, overview.count($0)) }.filter { $0.1 > 0 }
        let legend: [Markup] = StateFilter.shares.map { ($0, overview.nodes.count(where: $0.includes)) }
            .filter { $0.1 > 0 }.map { state, count in
                """
                <li><a href="/?state=\(state.rawValue)">\(Piece.sign(state.health)) <b>\(Piece.grouped(count))</b> \(state.words)</a></li>
                """
            }
        return "\(ShareBar(parts.map { ($0.0.rawValue, $0.1) }).svg)<ul class=\"legend\">\(legend)</ul>"
    }

    private var filter: Markup {
        let options: [Markup] = StateFilter.allCases.map { option in
            let chosen: Markup = option == state ? " selected" : ""
            return "<option value=\"\(option.rawValue)\"\(chosen)>\(option.words)</option>"
        }
        let notice: Markup =
            problem.map { "<p class=\"notice bad\" role=\"alert\">\($0.message) \($0.advice ?? "")</p>" } ?? ""
        let clear: Markup = selector.isEmpty && state == nil ? "" : "<a href=\"/\">All nodes</a>"
        return """
            <form class="filter" method="get" action="/" role="search">
            <label for="selector">Nodes</label>
            <input id="selector" name="selector" value="\(selector)" placeholder="pve[01-20], label:rack=a" spellcheck="false">
            <label for="state">State</label>
            <select id="state" name="state"><option value="">any</option>\(options)</select>
            <button>Show</button> \(clear)
            </form>
            \(notice)
            """
    }

    // MARK: - What does not hold

    /// The same rule of many nodes is told once, with what was found behind it.
    private struct Group {
        var rank: Int
        var title: String
        var style: String
        /// What was found, and on which nodes.
        var findings: [String: Set<NodeName>] = [:]

        var nodes: Set<NodeName> { findings.values.reduce(into: []) { $0.formUnion($1) } }
    }

    private var troubles: Markup {
        var groups: [String: Group] = [:]
        func add(_ node: NodeName, _ rank: Int, _ title: String, _ style: String, _ finding: String) {
            groups[title, default: Group(rank: rank, title: title, style: style)].findings[
                finding.printableLine.shortened(to: 300), default: []
            ].insert(node)
        }
        for member in shown {
            let name = member.node.name
            if let failure = member.failure, member.health == .unknown {
                add(name, 3, "can’t be looked at", "unknown", failure.error.message)
            }
            for span in member.troubles.filter({ !$0.isExempt }).map(\.span) where span.subject.rule != .observed {
                let (rule, severity) = (span.subject.rule, span.subject.rule.severity)
                if span.status == .unknown {
                    add(name, 3, "\(rule) is not known", "unknown", span.message)
                } else {
                    add(
                        name, 2 - severity.rawValue, "\(rule) does not hold", severity == .high ? "bad" : "attention",
                        span.message)
                }
            }
        }
        guard !groups.isEmpty else { return "" }
        let sorted = groups.values.map { ($0, $0.nodes) }.sorted {
            ($0.0.rank, -$0.1.count, $0.0.title) < ($1.0.rank, -$1.1.count, $1.0.title)
        }
        let items: [Markup] = sorted.map(item)
        let nodes = sorted.reduce(into: Set<NodeName>()) { $0.formUnion($1.1) }.count
        return """
            <section><h2>What does not hold or is not known <span class="dim">\(Piece.count(items.count, "rule")) on \
            \(Piece.count(nodes, "node"))</span></h2><ul class="troubles">\(items)</ul></section>
            """
    }

    /// So many findings of one rule are told; nodes' own pages have them all.
    private static let mostFindings = 20

    private func item(_ group: Group, _ nodes: Set<NodeName>) -> Markup {
        let findings = group.findings.sorted { (-$0.value.count, $0.key) < (-$1.value.count, $1.key) }
        let lines: [Markup] = findings.prefix(Self.mostFindings).map { "<li>\($0.key) \(Piece.nodes($0.value))</li>" }
        let more: Markup =
            findings.count > Self.mostFindings ? "<li>and \(findings.count - Self.mostFindings) more</li>" : ""
        let detail: Markup =
            findings.count == 1
            ? "<p class=\"dim\">\(findings[0].key)</p>"
            : "<details><summary>\(Piece.count(findings.count, "finding"))</summary><ul>\(lines)\(more)</ul></details>"
        return """
            <li class="\(group.style)"><h3>\(group.title) <span class="dim">\(Piece.count(nodes.count, "node"))</span></h3>
            <p>\(Piece.nodes(nodes))</p>\(detail)</li>
            """
    }

    // MARK: - Every node

    private var nodes: Markup {
        let title = shown.count == overview.nodes.count ? "All nodes" : Piece.count(shown.count, "node")
        guard !shown.isEmpty else { return "<section><h2>\(title)</h2><p>No node is like that.</p></section>" }
        let clusters = Dictionary(grouping: shown) { $0.node.cluster ?? "" }
        let sections: [Markup] = clusters.sorted { $0.key < $1.key }.map { name, members in
            let head: Markup =
                clusters.count > 1 || !name.isEmpty ? "<h3>\(name.isEmpty ? "No cluster" : name)</h3>" : ""
            return "\(head)\(shown.count <= Self.mostTiles ? tiles(members) : dots(members, name))"
        }
        return "<section><h2>\(title)</h2>\(sections)</section>"
    }

    private func tiles(_ members: [Member]) -> Markup {
        let items: [Markup] = members.map { member in
            let since: Markup = member.staleSince.map { "not looked at since \(Piece.when($0, now))" } ?? ""
            let words = member.health == .stale ? "" : member.health.words + (member.staleSince == nil ? "" : ", ")
            return """
                <li><a class="tile \(member.health.rawValue)" href="/nodes/\(member.node.name)">\(Piece.sign(member.health))
                <span class="name">\(member.node.name)</span> <span class="dim">\(words)\(since)</span></a></li>
                """
        }
        return "<ul class=\"tiles\">\(items)</ul>"
    }

    /// A dot for each node: a picture of it all. Who wants names follows the legend or the filter.
    private func dots(_ members: [Member], _ cluster: String) -> Markup {
        let (columns, size) = (50, 16)
        let rows = (members.count + columns - 1) / columns
        let marks: [Markup] = members.enumerated().map { index, member in
            let (x, y) = (index % columns * size, index / columns * size)
            // What is not well is larger, too: colours alone tell not everybody.
            let side = member.health == .good ? 11 : 15
            let inset = (size - side) / 2
            return """
                <a href="/nodes/\(member.node.name)" tabindex="-1"><rect class="fill \(member.health.rawValue)" \
                x="\(x + inset)" y="\(y + inset)" width="\(side)" height="\(side)" rx="3">\
                <title>\(member.node.name): \(member.health.words)</title></rect></a>
                """
        }
        let counts = StateFilter.shares.map { ($0, members.count(where: $0.includes)) }.filter { $0.1 > 0 }
        let words = counts.map { "\($0.1) \($0.0.words)" }.joined(separator: ", ")
        let odd = members.filter { [.bad, .attention, .unknown, .stale].contains($0.health) }.map(\.node.name)
        let names: Markup = odd.isEmpty || odd.count > 40 ? "" : " · \(links(odd))"
        return """
            <svg class="dots" viewBox="0 0 \(columns * size) \(rows * size)" role="img" aria-label="\(cluster) \(words)">
            \(marks)</svg>
            <p class="dim">\(words)\(names)</p>
            """
    }

    private func links(_ names: [NodeName]) -> [Markup] {
        names.map { "<a href=\"/nodes/\($0)\">\($0)</a> " }
    }
}
