internal import Fleet
internal import Forms
internal import Store

/// How nodes stood on each day: the worst of what did not hold on it, in UTC.
struct HeatMap {
    /// The first moments of days, the oldest first.
    let days: [Timestamp]
    let now: Timestamp

    static let dayMilliseconds: Int64 = 86_400_000

    init(days count: Int, until now: Timestamp) {
        self.now = now
        let today = now.milliseconds - (now.milliseconds % Self.dayMilliseconds)
        days = (0..<count).reversed().map { Timestamp(milliseconds: today - Int64($0) * Self.dayMilliseconds) }
    }

    /// `2026-11-29`
    static func name(of day: Timestamp) -> String { String(day.iso8601.prefix(10)) }

    /// The day of that name.
    func day(_ name: String) -> Timestamp? { days.first { Self.name(of: $0) == name } }

    static func overlaps(_ span: (from: Timestamp, to: Timestamp?), _ day: Timestamp) -> Bool {
        let end = day.milliseconds + dayMilliseconds
        return span.from.milliseconds < end && (span.to.map { $0.milliseconds > day.milliseconds } ?? true)
    }

    /// The worst of a day's troubles; nil = everything held, as far as was looked at.
    static func worst(_ spans: [RuleSpan], on day: Timestamp) -> (health: NodeHealth, words: String)? {
        let present = spans.filter { overlaps(($0.from, $0.to), day) }
        guard !present.isEmpty else { return nil }
        let failing = present.filter { $0.status == .fail }
        let worst = failing.max { $0.subject.rule.severity < $1.subject.rule.severity }
        let health: NodeHealth = worst.map { $0.subject.rule.severity == .high ? .bad : .attention } ?? .unknown
        let rules = Set((failing.isEmpty ? present : failing).map(\.subject.rule.description)).sorted()
        return (health, rules.joined(separator: ", "))
    }

    /// A table: nodes down, days across. `since`: from when on nodes were looked at at all.
    func table(_ rows: [(node: NodeName, spans: [RuleSpan])], since: Timestamp?) -> Markup {
        let head: [Markup] = days.map { day in
            let name = Self.name(of: day)
            return
                "<th scope=\"col\"><span aria-hidden=\"true\">\(name.suffix(2))</span><span class=\"vh\">\(name)</span></th>"
        }
        let body: [Markup] = rows.map { row in
            let cells: [Markup] = days.map { cell(row.node, row.spans, $0, since: since) }
            return "<tr><th scope=\"row\"><a href=\"/nodes/\(row.node)/compliance\">\(row.node)</a></th>\(cells)</tr>\n"
        }
        return """
            <div class="wide newest" tabindex="0" role="region" aria-label="Compliance by day"><table class="heat">
            <caption class="vh">The worst of each day, in UTC</caption>
            <thead><tr><th scope="col">Node</th>\(head)</tr></thead><tbody>\(body)</tbody></table></div>
            """
    }

    private func cell(_ node: NodeName, _ spans: [RuleSpan], _ day: Timestamp, since: Timestamp?) -> Markup {
        let end = day.milliseconds + Self.dayMilliseconds
        guard let since, since.milliseconds < end else {
            return "<td class=\"none\"><span class=\"vh\">not looked at</span></td>"
        }
        guard let (health, words) = Self.worst(spans, on: day) else {
            return "<td class=\"good\"><span class=\"vh\">held</span></td>"
        }
        let name = Self.name(of: day)
        return """
            <td class="\(health.rawValue)"><a href="/nodes/\(node)/compliance?day=\(name)" title="\(name): \(words)">\
            <span aria-hidden="true">\(health.sign)</span><span class="vh">\(name) \(health.words): \(words)</span></a></td>
            """
    }
}
