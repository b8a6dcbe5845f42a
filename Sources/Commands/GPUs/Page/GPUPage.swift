internal import Fleet
internal import Forms

/// `gpus --html`: the fleet's cards on one page that stands alone: no script, no network, light and dark, printable.
struct GPUPage {
    var survey: GPUSurvey
    var changes: [GPUHistoryEntry]
    var now: Timestamp

    private var cards: [GPUReport] { survey.cards }

    func render() -> String {
        let body: Markup = """
            <header>
            <h1>GPUs of the fleet</h1>
            <p class="dim">As last seen. Written by vfiofleet on \(now.iso8601).</p>
            \(figures)
            </header>
            <main>
            \(unseen)\(table)\(history)\(survey.hosts.map(section))
            </main>
            """
        return StandalonePage.render(title: "GPUs of \(NameSet.fold(survey.hosts.map(\.node)))", body: body)
    }

    private var figures: Markup {
        let figures: [(Int, String)] = [
            (survey.hosts.count, "hosts"), (cards.count, "cards"), (cards.count(where: \.isReady), "on vfio-pci"),
            (cards.count { $0.heldBy != nil }, "held by a running VM"),
            (cards.count { $0.isAlone == false }, "in a shared group"),
            (cards.count { $0.slotLink?.state == .degraded }, "with a degraded link"),
        ]
        let items: [Markup] = figures.map { "<li><b>\($0.0)</b> \($0.1)</li>" }
        return "<ul class=\"figures\">\(items)</ul>"
    }

    private var unseen: Markup {
        guard !survey.unseen.isEmpty else { return "" }
        return "<p class=\"warning\">Not seen yet: \(NameSet.fold(survey.unseen)).</p>\n"
    }

    // MARK: - The fleet

    private var table: Markup {
        guard !cards.isEmpty else { return "<p>No GPU or accelerator was seen.</p>" }
        return """
            <section>
            <h2>All cards</h2>
            <div class="wide"><table>
            <thead><tr><th>Host<th>Address<th>Model<th>Group<th>Driver<th>Bound<th>Link<th>VM<th>To a guest</tr></thead>
            <tbody>
            \(cards.map(row))</tbody>
            </table></div>
            </section>

            """
    }

    private func row(_ card: GPUReport) -> Markup {
        """
        <tr><td><a href="#host-\(card.node)">\(card.node)</a><td class="mono">\(card.address.short)<td class="model">\(card.model)\
        \(cell(card.groupPhrase))<td class="mono">\(card.drivers)\(cell(card.bindingPhrase))\(cell(card.linkPhrase))\
        \(cell(card.guestPhrase))\(cell(card.prospectPhrase))</tr>

        """
    }

    private func cell(_ phrase: (text: String, style: Style)) -> Markup {
        "<td class=\"brief \(phrase.style.cssClass)\">\(phrase.text)"
    }

    /// The latest ones: the command shows them all.
    private static let shownChanges = 40

    private var history: Markup {
        guard !changes.isEmpty else { return "" }
        let rows: [Markup] = changes.suffix(Self.shownChanges).reversed().map { entry in
            """
            <tr><td>\(entry.at)<td><a href="#host-\(entry.node)">\(entry.node)</a><td class="mono">\(entry.address.short)\
            <td>\(entry.model)<td class="\(entry.style.cssClass)">\(entry.words)</tr>

            """
        }
        return """
            <section>
            <h2>What changed</h2>
            <div class="wide"><table>
            <thead><tr><th>Seen<th>Host<th>Address<th>Model<th>Change</tr></thead>
            <tbody>
            \(rows)</tbody>
            </table></div>
            </section>

            """
    }

    // MARK: - One host

    private func section(_ host: GPUSurvey.Host) -> Markup {
        """
        <section class="host" id="host-\(host.node)">
        <h2>\(host.node)</h2>
        \(host.facts.map { subtitle($0, host) } ?? "")
        <div class="cards">
        \(host.cards.map(card))</div>
        \(host.facts.map { picture($0, host) } ?? "")
        </section>

        """
    }

    private func subtitle(_ facts: NodeFacts, _ host: GPUSurvey.Host) -> Markup {
        let summary = NodeSummary(node: host.node, facts: facts).lines
        let shown = ["Proxmox VE", "CPU", "Kernel", "IOMMU"]
        let parts = summary.filter { shown.contains($0.label) }.map { "\($0.label) \($0.text)".shortened(to: 90) }
        return "<p class=\"dim\">\(parts.joined(separator: " · ")) · seen \(host.seen.iso8601)</p>"
    }

    private func card(_ card: GPUReport) -> Markup {
        let lines: [Markup] = GPUDetails(card).lines.map { "<dt>\($0.label)<dd>\($0.text)" }
        return """
            <article>
            <h3>\(card.model) <span class="mono dim">\(card.address.short)</span></h3>
            <p class="badges">\(badges(card))</p>
            <dl>
            \(lines)
            </dl>
            </article>

            """
    }

    private func badges(_ card: GPUReport) -> [Markup] {
        var badges: [(text: String, style: Style)] = []
        badges.append(card.isReady ? ("vfio-pci, \(card.bindingPhrase.text)", .good) : (card.drivers, .dim))
        badges.append(
            card.group == nil ? ("no group", .warning) : ("group \(card.groupPhrase.text)", card.groupPhrase.style))
        if card.isBootVGA == true { badges.append(("console", .warning)) }
        if card.slotLink?.state == .degraded { badges.append(("link \(card.linkPhrase.text)", .bad)) }
        if let guest = card.heldBy { badges.append(("VM \(guest) runs", .good)) }
        if let prospect = card.prospect, prospect.verdict == .blocked { badges.append(("blocked", .bad)) }
        if let risk = card.prospect?.risk {
            badges.append(("risk \(risk.score)", risk.level == .low ? .plain : .warning))
        }
        return badges.map { "<span class=\"badge \($0.style.cssClass)\">\($0.text)</span> " }
    }

    private func picture(_ facts: NodeFacts, _ host: GPUSurvey.Host) -> Markup {
        guard let functions = facts.functions.value, !functions.isEmpty else {
            return "<p class=\"warning\">The PCI functions of this host could not be told.</p>"
        }
        let picture = TreePicture(functions, cards: host.cards, uses: facts.hostUses.value ?? [])
        return """
            <figure>
            <figcaption>PCI tree and IOMMU groups. Functions in one group go to a guest together; bridges stay. A bar joins
            the members of a group.</figcaption>
            <div class="wide">\(picture.svg)</div>
            </figure>
            """
    }
}
