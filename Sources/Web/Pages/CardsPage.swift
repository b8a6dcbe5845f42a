internal import Fleet
internal import Forms
internal import Hummingbird
internal import Store

/// The GPUs and accelerators of the fleet.
struct CardsPage {
    static func make(_ site: Site, _ request: Request, _ user: Identity) async throws -> Page {
        let selector = request.query("selector") ?? ""
        let page = try PageOfList(request)
        var (figures, cards, notice) = (CardFigures(), [GPUReport](), "" as Markup)
        do {
            let names = Set(try await site.nodes(selector).map(\.name))
            let unread = try await site.catalogue.glance().intersection(names)
            (figures, cards) = try await site.catalogue.part(page, where: names.contains)
            if !unread.isEmpty { notice = missing(unread.count) }
        } catch {
            let problem = WebFailure(error).error
            notice = "<p class=\"notice bad\" role=\"alert\">\(problem.message) \(problem.advice ?? "")</p>"
        }
        let main: Markup = """
            <h1>\(Piece.count(figures.total, "card"))</h1>
            \(legend(figures))
            <form class="filter" method="get" action="/gpus" role="search"><label for="selector">Nodes</label>
            <input id="selector" name="selector" value="\(selector)" placeholder="pve[01-20], label:rack=a" spellcheck="false">
            <button>Show</button></form>
            \(notice)
            \(table(cards))
            \(Piece.paging(page, PageAddress { page.address(request, $0) }, of: figures.total))
            """
        return Page(title: "GPUs", section: .cards, identity: user, main: main)
    }

    private static func missing(_ count: Int) -> Markup {
        """
        <p class="notice unknown" role="status">The last answers of \(Piece.count(count, "node")) are still being read: \
        their cards are missing here, or shown as they were before. Load the page again in a moment.</p>
        """
    }

    private static func legend(_ figures: CardFigures) -> Markup {
        let figures: [(Int, String)] = [
            (figures.ready, "on vfio-pci"), (figures.held, "held by a running VM"),
            (figures.shared, "in a shared group"), (figures.blocked, "blocked"),
            (figures.degraded, "with a degraded link"),
        ]
        let items: [Markup] = figures.map { "<li><b>\(Piece.grouped($0.0))</b> \($0.1)</li>" }
        return "<ul class=\"legend\">\(items)</ul>"
    }

    private static func table(_ cards: [GPUReport]) -> Markup {
        guard !cards.isEmpty else { return "<p>No GPU or accelerator was seen.</p>" }
        let rows: [[Cell]] = cards.map { card in
            [
                .head("<a href=\"/nodes/\(card.node)\">\(card.node)</a>"),
                Cell("<a href=\"/nodes/\(card.node)#card-\(card.address.short)\">\(card.address.short)</a>", "mono"),
                Cell("\(card.model)"), cell(card.groupPhrase), Cell("\(card.drivers)", "mono"),
                cell(card.bindingPhrase),
                cell(card.linkPhrase), cell(card.guestPhrase), cell(card.prospectPhrase),
            ]
        }
        let heads = ["Node", "Address", "Model", "Group", "Driver", "Bound", "Link", "VM", "To a guest"]
        return Piece.table("Cards", heads, rows)
    }

    private static func cell(_ phrase: (text: String, style: Style)) -> Cell {
        Cell("\(phrase.text)", "brief \(phrase.style.cssClass)")
    }
}
