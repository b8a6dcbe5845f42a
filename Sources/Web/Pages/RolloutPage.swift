internal import Engine
internal import Fleet
internal import Forms
internal import Store

/// One roll-out, as it goes.
struct RolloutPage {
    let stored: StoredRollout
    let journal: [JournalEntry]
    let secondsLeft: Int?
    /// Who drives it now; nil = nobody.
    let driver: String?
    let user: Identity
    let now: Timestamp

    /// Lines of the log that are shown; the whole is in the API.
    private static let mostLines = 200

    private var rollout: Fleet.Rollout { stored.rollout }
    private var working: [NodeRun] { rollout.nodes.filter(\.hasWork) }

    static func read(_ site: Site, _ id: String, _ user: Identity) async throws -> RolloutPage {
        let id = try site.rollout(id)
        let stored = try await site.store.rollout(id)
        return RolloutPage(
            stored: stored,
            journal: try await site.store.journal(of: id, after: max(0, stored.lastEvent - mostLines)),
            secondsLeft: stored.rollout.secondsLeft(at: site.now, earlier: try await site.store.pace(before: id)),
            driver: try await RolloutDriver.holder(of: id, in: site.store, at: site.now), user: user, now: site.now)
    }

    var page: Page {
        let main: Markup = """
            <p class="crumbs"><a href="/rollouts">Roll-outs</a></p>
            <h1>Roll-out <span class="mono">\(rollout.id)</span></h1>
            <p class="dim">Of plan <a class="mono" href="/plans/\(rollout.plan)">\(rollout.plan.short)</a>, begun by \(stored.createdBy), \
            \(stored.createdAt.iso8601).</p>
            <div id="live" data-events="/api/v1/rollouts/\(rollout.id)/events?after=\(stored.lastEvent)" \
            data-part="/rollouts/\(rollout.id)?part=live">
            \(live)
            </div>
            """
        return Page(title: "Roll-out \(rollout.id)", section: .rollouts, identity: user, main: main)
    }

    /// What changes while it goes.
    var live: Markup {
        """
        <div class="state" role="status"><p>\(Piece.badge(rollout.phase.word, rollout.phase.cssClass)) \
        \(rollout.phase.phrase == rollout.phase.word ? "" : rollout.phase.phrase)\(remaining)</p>
        \(Tally(rollout.nodes).markup)</div>
        \(actions)\(problems)\(waves)\(timeline)\(log)
        """
    }

    private var remaining: Markup { secondsLeft.map { " · \(about(seconds: $0)) left" } ?? "" }

    // MARK: - What can be done

    private var actions: Markup {
        guard user.role >= .operator, !rollout.isEnded else { return "" }
        let isDriven = driver != nil
        let pause: Markup = isDriven && !isStopping ? button("suspend", "Pause after what is in flight") : ""
        let resume: Markup = isDriven ? "" : button("resume", "Resume", "primary")
        return """
            <div class="actions">\(pause)\(resume)
            <details class="danger"><summary>Abort…</summary><p>Nodes in mid-step are brought to their end; all others are left as they \
            are, for good. What was done stays.</p>\(button("abort", "Abort for good", "danger"))</details></div>
            <p class="dim">\(driver.map { "Driven by \($0.printableLine)." } ?? "Nobody drives it at this moment.")</p>
            """
    }

    private var isStopping: Bool {
        switch rollout.phase {
        case .draining, .stopping: true
        default: false
        }
    }

    private func button(_ action: String, _ words: String, _ style: String = "") -> Markup {
        Piece.form("/rollouts/\(rollout.id)/\(action)", words, user, style)
    }

    // MARK: - Nodes

    private var problems: Markup {
        let items: [Markup] = working.compactMap { run in
            run.state.result?.problem.map { problem in
                """
                <li class="\(run.state.cssClass)"><h3><a href="/nodes/\(run.node)">\(run.node)</a> \(run.state.word) while \(run.work.phrase(ofStep: problem.step))</h3>
                <p>\(problem.error.message)</p><p class="dim">\(problem.error.advice ?? "")</p>\(Piece.evidence(problem.evidence))</li>
                """
            }
        }
        return items.isEmpty ? "" : "<section><h2>What went wrong</h2><ul class=\"troubles\">\(items)</ul></section>"
    }

    private var waves: Markup {
        let waves = Dictionary(grouping: working, by: \.wave).sorted { $0.key < $1.key }
        let items: [Markup] = waves.map { wave, runs in
            let chips: [Markup] = runs.prefix(200).map { run in
                """
                <li><a class="chip \(run.state.cssClass)" href="/nodes/\(run.node)">\(run.node) <span>\(run.state.step.map { run.work.phrase(ofStep: $0.name) } ?? run.state.word)</span></a></li>
                """
            }
            let more: Markup = runs.count > 200 ? "<li class=\"dim\">and \(runs.count - 200) more</li>" : ""
            return """
                <li><h3>Wave \(wave + 1) <span class="dim">\(Tally(runs).words)</span></h3><ul class="chips">\(chips)\(more)</ul></li>
                """
        }
        return "<section><h2>Waves</h2><ol class=\"waves\">\(items)</ol></section>"
    }

    private var timeline: Markup {
        let picture = Timeline(working, now: now)
        return picture.isEmpty
            ? ""
            : """
            <section><h2>Timeline</h2><div class="wide" tabindex="0" role="region" aria-label="Timeline">\(picture.svg)</div></section>
            """
    }

    private var log: Markup {
        let works = Dictionary(rollout.nodes.map { ($0.node, $0.work) }, uniquingKeysWith: { first, _ in first })
        let rows: [[Cell]] = journal.reversed().map { entry in
            let kind = entry.event.kind
            return [
                Cell("\(entry.number)"), Cell(Piece.clock(entry.event.at), "brief"),
                Cell("\(kind.sentence(of: kind.effect.flatMap { works[$0.node] }))"),
            ]
        }
        guard !rows.isEmpty else { return "" }
        let rest: Markup =
            stored.lastEvent > Self.mostLines
            ? "<p class=\"dim\">The last \(Self.mostLines) of \(Piece.grouped(stored.lastEvent)).</p>" : ""
        return
            "<section><h2>Log</h2>\(rest)\(Piece.table("Log", ["Event", "At", "What happened"], rows, style: "log"))</section>"
    }
}

/// When each node was under way, as bars.
struct Timeline {
    private let rows: [(run: NodeRun, from: Timestamp, to: Timestamp)]
    private let start: Timestamp
    private let end: Timestamp

    private static let mostRows = 120
    private static let (left, width, height) = (170, 760, 20)

    init(_ runs: [NodeRun], now: Timestamp) {
        let begun = runs.compactMap { run in run.begunAt.map { (run: run, from: $0, to: run.endedAt ?? now) } }
        rows = Array(begun.sorted { $0.from < $1.from }.suffix(Self.mostRows))
        start = rows.map(\.from).min() ?? now
        end = max(rows.map(\.to).max() ?? now, start.adding(seconds: 1))
    }

    var isEmpty: Bool { rows.isEmpty }

    var svg: Markup {
        let size = (Self.left + Self.width + 20, rows.count * Self.height + 30)
        return """
            <svg class="timeline" width="\(size.0)" height="\(size.1)" viewBox="0 0 \(size.0) \(size.1)" role="img" \
            aria-label="From \(start.iso8601) to \(end.iso8601)">
            \(rows.indices.map(bar))
            <text class="quiet" x="\(Self.left)" y="\(size.1 - 6)">\(start.iso8601)</text>
            <text class="quiet" x="\(Self.left + Self.width)" y="\(size.1 - 6)" text-anchor="end">\(end.iso8601)</text>
            </svg>
            """
    }

    private func bar(_ index: Int) -> Markup {
        let row = rows[index]
        let (x, to) = (x(row.from), x(row.to))
        let y = index * Self.height
        return """
            <text x="0" y="\(y + 15)">\(row.run.node.description.shortened(to: 22))</text>
            <rect class="fill \(row.run.state.cssClass)" x="\(x)" y="\(y + 4)" width="\(max(3, to - x))" height="14" rx="4">\
            <title>\(row.run.node): \(row.run.state.word)</title></rect>
            """
    }

    private func x(_ time: Timestamp) -> Int {
        let share = Double(time.milliseconds - start.milliseconds) / Double(end.milliseconds - start.milliseconds)
        return Self.left + Int(share * Double(Self.width))
    }
}
