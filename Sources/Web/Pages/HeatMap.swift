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

    /// What is known of a node and a day.
    enum Day: Equatable {
        /// Nobody looked on that day, so nothing is said of it, whatever stood before and after.
        case notLookedAt
        case held
        /// The worst that did not hold, and the rules.
        case trouble(NodeHealth, String)
    }

    struct Row {
        var node: NodeName
        var spans: [RuleSpan]
        var looks: LookDays
    }

    static func state(_ row: Row, on day: Timestamp) -> Day {
        guard let isObserved = row.looks.days[day] else { return .notLookedAt }
        guard isObserved else { return .trouble(.unknown, RuleID.observed.description) }
        let present = row.spans.filter { overlaps(($0.from, $0.to), day) }
        guard !present.isEmpty else { return .held }
        let failing = present.filter { $0.status == .fail }
        let worst = failing.max { $0.subject.rule.severity < $1.subject.rule.severity }
        let health: NodeHealth = worst.map { $0.subject.rule.severity == .high ? .bad : .attention } ?? .unknown
        let rules = Set((failing.isEmpty ? present : failing).map(\.subject.rule.description)).sorted()
        return .trouble(health, rules.joined(separator: ", "))
    }

    /// A table: what `first` names down, days across.
    func table(_ first: String, label: String, _ rows: [Markup]) -> Markup {
        let head: [Markup] = days.map { day in
            let name = Self.name(of: day)
            return
                "<th scope=\"col\"><span aria-hidden=\"true\">\(name.suffix(2))</span><span class=\"vh\">\(name)</span></th>"
        }
        return """
            <div class="wide newest" tabindex="0" role="region" aria-label="\(label)"><table class="heat">
            <caption class="vh">The worst of each day, in UTC</caption>
            <thead><tr><th scope="col">\(first)</th>\(head)</tr></thead><tbody>\(rows)</tbody></table></div>
            """
    }

    func table(_ rows: [Row]) -> Markup {
        table(
            "Node", label: "Compliance by day",
            rows.map { row in
                let cells: [Markup] = days.map { cell(row, $0) }
                return
                    "<tr><th scope=\"row\"><a href=\"/nodes/\(row.node)/compliance\">\(row.node)</a></th>\(cells)</tr>\n"
            })
    }

    /// Signs and borders tell apart what colours tell.
    static let notLookedAt: Markup =
        "<td class=\"none\"><span aria-hidden=\"true\">·</span><span class=\"vh\">not looked at</span></td>"

    static func held(_ words: String) -> Markup {
        "<td class=\"good\"><span aria-hidden=\"true\">\(NodeHealth.good.sign)</span><span class=\"vh\">\(words)</span></td>"
    }

    private func cell(_ row: Row, _ day: Timestamp) -> Markup {
        let name = Self.name(of: day)
        switch Self.state(row, on: day) {
        case .notLookedAt: return Self.notLookedAt
        case .held: return Self.held("held")
        case .trouble(let health, let words):
            return """
                <td class="\(health.rawValue)"><a href="/nodes/\(row.node)/compliance?day=\(name)" title="\(name): \(words)">\
                <span aria-hidden="true">\(health.sign)</span><span class="vh">\(name) \(health.words): \(words)</span></a></td>
                """
        }
    }
}
