internal import Fleet
internal import Forms
internal import HTTPTypes
internal import Hummingbird

/// The frame of every page.
struct Page {
    enum Section: String, CaseIterable {
        case fleet = "/"
        case cards = "/gpus"
        case compliance = "/compliance"
        case rollouts = "/rollouts"
        case audit = "/audit"

        var title: String {
            switch self {
            case .fleet: "Fleet"
            case .cards: "GPUs"
            case .compliance: "Compliance"
            case .rollouts: "Roll-outs"
            case .audit: "Audit log"
            }
        }
    }

    var title: String
    var section: Section?
    var identity: Identity?
    var main: Markup
    /// Seconds after which it is loaded again by itself: what it tells gets old.
    var refreshes: Int?

    var markup: Markup {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <title>\(title) · vfiofleet</title>
        <link rel="stylesheet" href="/assets/style.css">
        <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
        <script src="/assets/app.js" defer></script>\(again)
        </head>
        <body>
        <a class="skip" href="#main">To the content</a>
        \(header)
        <main id="main" tabindex="-1"\(refreshes.map { " data-refresh=\"\($0)\"" } ?? "" as Markup)>
        \(main)
        </main>
        </body>
        </html>

        """
    }

    /// For browsers without scripts, less often: it takes the place where somebody reads.
    private var again: Markup {
        refreshes.map { "<noscript><meta http-equiv=\"refresh\" content=\"\($0 * 10)\"></noscript>" } ?? ""
    }

    private var header: Markup {
        guard let identity else { return "<header class=\"top\"><span class=\"brand\">vfiofleet</span></header>" }
        let links: [Markup] = Section.allCases.map { section in
            let current: Markup = section == self.section ? " aria-current=\"page\"" : ""
            return "<li><a href=\"\(section.rawValue)\"\(current)>\(section.title)</a></li>"
        }
        return """
            <header class="top">
            <a class="brand" href="/">vfiofleet</a>
            <nav aria-label="Pages"><ul>\(links)</ul></nav>
            <form class="who" method="post" action="/logout">
            \(Page.token(identity))
            <span>\(identity.name) <span class="dim">\(identity.role.rawValue)</span></span>
            <button class="quiet">Log out</button>
            </form>
            </header>
            """
    }

    /// What a form carries so that it is known to be of this session.
    static func token(_ identity: Identity) -> Markup {
        "<input type=\"hidden\" name=\"form-token\" value=\"\(identity.formToken)\">"
    }

    func response(_ request: Request) -> Response {
        JSONAnswer.tagged(Array(markup.text.utf8), [.contentType: "text/html; charset=utf-8"], for: request)
    }

    func response(_ status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: .init(byteBuffer: .init(string: markup.text)))
    }
}

/// What went wrong, for a person.
struct FailurePage {
    var failure: WebFailure
    var identity: Identity?

    var response: Response {
        let advice: Markup = failure.error.advice.map { "<p>\($0)</p>" } ?? ""
        let main: Markup = """
            <h1>\(failure.status.reasonPhrase)</h1>
            <p>\(failure.error.message)</p>
            \(advice)
            <p class="dim">\(failure.status.code) · \(failure.error.code)</p>
            <p><a href="/">To the fleet</a></p>
            """
        return Page(title: failure.status.reasonPhrase, identity: identity, main: main).response(failure.status)
    }
}
