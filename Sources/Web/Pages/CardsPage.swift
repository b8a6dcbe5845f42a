internal import Fleet
internal import Forms
internal import Hummingbird
internal import Store

/// The GPUs and accelerators of the fleet.
struct CardsPage {
    static func make(_ site: Site, _ request: Request, _ user: Identity) async throws -> Page {
        let selector = request.query("selector") ?? ""
        var (cards, problem): ([GPUReport], FleetError?) = ([], nil)
        do {
            let names = Set(try await site.nodes(selector).map(\.name))
            cards = try await site.catalogue.hosts().filter { names.contains($0.node) }.flatMap(\.cards)
        } catch { problem = WebFailure(error).error }
        let page = try PageOfList(request)
        let address = PageAddress { page.address(request, $0) }
        let main = view(cards, page, address, selector, problem)
        return Page(title: "GPUs", section: .cards, identity: user, main: main)
    }

    private static func view(
        _ cards: [GPUReport], _ page: PageOfList, _ address: PageAddress, _ selector: String, _ problem: FleetError?
    ) -> Markup {
        let notice: Markup =
            problem.map { "<p class=\"notice bad\" role=\"alert\">\($0.message) \($0.advice ?? "")</p>" } ?? ""
        return """
            <h1>\(Piece.count(cards.count, "card"))</h1>
            \(figures(cards))
            <form class="filter" method="get" action="/gpus" role="search"><label for="selector">Nodes</label>
            <input id="selector" name="selector" value="\(selector)" placeholder="pve[01-20], label:rack=a" spellcheck="false">
            <button>Show</button></form>
            \(notice)
            \(table(page.part(cards)))
            \(Piece.paging(page, address, of: cards.count))
            """
    }

    private static func figures(_ cards: [GPUReport]) -> Markup {
        let figures: [(Int, String)] = [
            (cards.count(where: \.isReady), "on vfio-pci"), (cards.count { $0.heldBy != nil }, "held by a running VM"),
            (cards.count { $0.isAlone == false }, "in a shared group"),
            (cards.count { $0.prospect?.verdict == .blocked }, "blocked"),
            (cards.count { $0.slotLink?.state == .degraded }, "with a degraded link"),
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
