internal import Fleet
internal import Forms
internal import Store

/// One node: how it stands, its PCI tree, what was seen, and what changed.
struct NodePage {
    let node: Node
    let member: FleetOverview.Member?
    let seen: StoredObservation?
    let facts: NodeFacts?
    let cards: [GPUReport]
    let standings: [RuleStanding]
    let exemptions: [StoredExemption]
    let history: [HistoryEntry]
    let rollouts: [StoredRollout]
    let now: Timestamp

    /// Looks further back are on the command line.
    private static let mostLooks = 20

    static func make(_ site: Site, _ name: String, _ user: Identity) async throws -> Page {
        let node = try await site.node(name)
        let observations = try await site.store.observations(of: node.name).suffix(mostLooks + 1)
        let facts = observations.last?.answer.facts
        let page = NodePage(
            node: node,
            member: try await FleetOverview.read(site.store, at: site.now).nodes.first { $0.node.name == node.name },
            seen: observations.last, facts: facts,
            cards: try await GPUSurvey.read([node.name], from: site.store, keepingFacts: false).cards,
            standings: try await site.store.standings(of: node.name).filter(\.isCurrent),
            exemptions: try await site.store.exemptions(countingAt: site.now),
            history: HistoryEntry.entries(Array(observations)),
            rollouts: try await site.store.rollouts(of: node.name), now: site.now)
        return Page(title: node.name.description, section: .fleet, identity: user, main: page.main)
    }

    private var main: Markup {
        """
        <p class="crumbs"><a href="/">Fleet</a></p>
        <h1>\(node.name) \(health)</h1>
        <p class="dim">\(subtitle)</p>
        \(failure)\(rules)\(picture)\(facts.map(summary) ?? "")\(changes)\(past)\(facts.map(evidence) ?? "")
        """
    }

    private var health: Markup {
        member.map { Piece.badge("\($0.health.sign) \($0.health.words)", $0.health.rawValue) } ?? ""
    }

    private var subtitle: Markup {
        let labels = node.labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let words = [node.connection.address, node.cluster.map { "cluster \($0)" }].compactMap(\.self) + labels
        let looked: Markup = seen.map { "seen \(Piece.when($0.lastSeen, now))" } ?? "never seen"
        return "\(words.joined(separator: " · ")) · \(looked)"
    }

    private var failure: Markup {
        guard let failure = member?.failure else { return stale }
        return """
            \(stale)
            <p class="notice unknown">It can’t be looked at since \(Piece.when(failure.firstSeen, now)): \
            \(failure.error.message) \(failure.error.advice ?? "")</p>
            """
    }

    private var stale: Markup {
        guard let since = member?.staleSince else { return "" }
        return """
            <p class="notice attention">! It was not looked at since \(Piece.when(since, now)), which is too long ago: how it \
            stands now is not known.</p>
            """
    }

    // MARK: - Rules

    private var rules: Markup {
        guard !standings.isEmpty else {
            return "<section><h2>Rules</h2><p>No schedule has verified this node yet.</p></section>"
        }
        let order: [CheckResult.Status] = [.fail, .unknown, .pass]
        let rows = order.flatMap { status in standings.filter { $0.state.status == status } }.map { standing in
            RuleRow(standing: standing, exemption: exemptions.last { $0.covers(standing.subject, at: now) }, now: now)
                .cells
        }
        return """
            <section><h2>Rules</h2>\(Piece.table("Rules", ["Stands", "Rule", "Since", "What was seen"], rows))
            <p><a href="/nodes/\(node.name)/compliance">How each rule stood over time</a></p></section>
            """
    }

    // MARK: - Hardware

    private var picture: Markup {
        guard let facts else { return "" }
        guard let functions = facts.functions.value, !functions.isEmpty else {
            return "<section><h2>PCI tree</h2><p>The PCI functions could not be told.</p></section>"
        }
        let picture = TreePicture(functions, cards: cards, uses: facts.hostUses.value ?? [])
        return """
            <section><h2>PCI tree and IOMMU groups</h2>
            <ul class="legend key"><li><span class="swatch card"></span> a card</li>
            <li><span class="swatch good"></span> a group that holds nothing but a card</li>
            <li><span class="swatch bad"></span> a group that takes others along</li>
            <li><span class="warning">host: …</span> what the host needs it for</li></ul>
            <div class="wide picture" tabindex="0" role="region" aria-label="PCI tree">\(picture.svg)</div>
            <ul class="functions">\(picture.list)</ul>
            \(cards.map(card))
            </section>
            """
    }

    private func card(_ card: GPUReport) -> Markup {
        let lines: [Markup] = GPUDetails(card).lines.map { "<dt>\($0.label)</dt><dd>\($0.text)</dd>" }
        return """
            <details id="card-\(card.address.short)"><summary>\(card.model) <span class="mono dim">\(card.address.short)</span> \
            \(Piece.badge(card.prospectPhrase.text, card.prospectPhrase.style.cssClass))</summary><dl>\(lines)</dl></details>
            """
    }

    private func summary(_ facts: NodeFacts) -> Markup {
        let lines: [Markup] = NodeSummary(node: node.name, facts: facts).lines.map {
            "<dt>\($0.label)</dt><dd>\($0.text)</dd>"
        }
        let guests: [[Cell]] = (facts.guests.value ?? []).map { guest in
            let devices = guest.configuration.value?.split(separator: "\n").filter { $0.hasPrefix("hostpci") } ?? []
            return [
                Cell("\(guest.id)"), Cell("\(guest.kind.rawValue)"),
                Cell("\(guest.state.value?.rawValue ?? "unknown")"),
                Cell("\(devices.joined(separator: "; "))", "mono"),
            ]
        }
        let table: Markup =
            guests.isEmpty
            ? "" : "<h3>Guests</h3>\(Piece.table("Guests", ["Guest", "Kind", "State", "Devices"], guests))"
        return "<section><h2>What it is</h2><dl>\(lines)</dl>\(table)</section>"
    }

    // MARK: - Over time

    private var changes: Markup {
        guard history.count > 1 else { return "" }
        let entries: [Markup] = history.dropFirst().reversed().map { entry in
            let lines: [[Cell]] = entry.changes.map { change in
                [
                    Cell("\(change.fact)", "mono"), Cell("\(Self.brief(change.before))", "old"),
                    Cell("\(Self.brief(change.after))", "new"),
                ]
            }
            return """
                <details><summary><time datetime="\(entry.from)">\(entry.from)</time> \
                <span class="dim">\(Piece.count(entry.changes.count, "change"))</span></summary>
                \(Piece.table("Changes seen at \(entry.from)", ["Fact", "Before", "After"], lines))</details>
                """
        }
        return "<section><h2>What changed between looks</h2>\(entries)</section>"
    }

    private static func brief(_ value: String?) -> String { value.map { $0.shortened(to: 400) } ?? "absent" }

    private var past: Markup {
        guard !rollouts.isEmpty else { return "" }
        let rows: [[Cell]] = rollouts.reversed().compactMap { stored in
            stored.rollout[node.name].map { run in
                [
                    Cell("<a href=\"/rollouts/\(stored.rollout.id)\">\(stored.rollout.id)</a>"),
                    Cell(Piece.badge(run.state.word, run.state.cssClass)), Cell("\(run.state.result?.phrase ?? "")"),
                ]
            }
        }
        return """
            <section><h2>Roll-outs</h2>\(Piece.table("Roll-outs", ["Roll-out", "It is", "What came of it"], rows))</section>
            """
    }

    /// Every part of the last answer, as the node gave it.
    private func evidence(_ facts: NodeFacts) -> Markup {
        let parts: [Markup] = facts.evidence.parts.sorted().compactMap { part in
            facts.evidence[part].map { item in
                """
                <details><summary><code>\(item.command.printableLine.shortened(to: 110))</code></summary>
                <pre tabindex="0">\(item.output.isEmpty ? "(nothing)" : item.output.shortened(to: 20_000))</pre></details>
                """
            }
        }
        return """
            <section><h2>Evidence</h2><p class="dim">What the node said at the last look, byte for byte, and what to type \
            there to see the same.</p><details><summary>All \(parts.count) parts</summary><div>\(parts)</div></details></section>
            """
    }
}

/// One rule as a line of a table.
struct RuleRow {
    var standing: RuleStanding
    var exemption: StoredExemption?
    var now: Timestamp

    var cells: [Cell] {
        let (subject, state) = (standing.subject, standing.state)
        let style = Piece.style(state.status, isExempt: exemption != nil)
        let exempt: Markup =
            exemption.map {
                "<p class=\"dim\">exempt until \($0.exemption.expiresAt.iso8601) for \($0.exemption.owner): \($0.exemption.reason)</p>"
            } ?? ""
        return [
            Cell(Piece.badge(Piece.word(state.status, isExempt: exemption != nil), style)),
            Cell(
                """
                \(subject.rule) <span class="mono dim">\(subject.device ?? "")</span><br><span class="dim">\
                \(subject.rule.severity.word) · \(standing.playbook)</span>\(Piece.drift(standing.drift))
                """, "brief"),
            Cell(Piece.when(standing.statusSince, now), "brief"),
            Cell("\(state.message)\(exempt)\(Piece.evidence(state.evidence))", "wordy"),
        ]
    }
}
