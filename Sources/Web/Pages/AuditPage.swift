internal import Fleet
internal import Forms
internal import Hummingbird
internal import Store

/// Who did what, the newest first.
struct AuditPage {
    static func make(_ site: Site, _ request: Request, _ user: Identity) async throws -> Page {
        let page = try PageOfList(request)
        let filter = AuditFilter(
            action: request.query("action"), actor: request.query("actor"), node: request.query("node"))
        let (lines, count) = try await site.store.auditLog(filter, skipping: page.offset, limit: page.limit)
        let main: Markup = """
            <h1>Audit log</h1>
            <p class="dim">Each line is bound to those before it; <code>vfiofleet audit verify</code> tells whether one was changed.</p>
            \(form(filter, try await site.store.auditActions()))
            \(lines.isEmpty ? "<p>No line is like that.</p>" : table(lines))
            \(Piece.paging(page, PageAddress { page.address(request, $0) }, of: count))
            """
        return Page(title: "Audit log", section: .audit, identity: user, main: main)
    }

    private static func form(_ filter: AuditFilter, _ actions: [String]) -> Markup {
        let options: [Markup] = actions.map { action in
            let chosen: Markup = action == filter.action ? " selected" : ""
            return "<option value=\"\(action)\"\(chosen)>\(action.replacing("-", with: " "))</option>"
        }
        let clear: Markup = filter == AuditFilter() ? "" : "<a href=\"/audit\">All lines</a>"
        return """
            <form class="filter" method="get" action="/audit" role="search">
            <label for="action">Action</label>
            <select id="action" name="action"><option value="">any</option>\(options)</select>
            <label for="actor">Person</label>
            <input class="short" id="actor" name="actor" value="\(filter.actor ?? "")" placeholder="anna" spellcheck="false">
            <label for="node">Node</label>
            <input class="short" id="node" name="node" value="\(filter.node ?? "")" placeholder="pve01" spellcheck="false">
            <button>Show</button> \(clear)
            </form>
            """
    }

    private static func table(_ lines: [AuditEntry]) -> Markup {
        let rows: [[Cell]] = lines.map { entry in
            [
                Cell("\(entry.number)"), Cell(Piece.clock(entry.at), "brief"),
                Cell("<span title=\"\(entry.actor)\">\(entry.person)</span>"), Cell("\(entry.deed)", "brief"),
                Cell(subject(entry)), Cell("\(entry.readable)"),
                Cell("<span title=\"\(entry.digest)\">\(entry.digest.short)</span>", "mono dim"),
            ]
        }
        return Piece.table("Audit log", ["Line", "When", "Who", "Did what", "To what", "Details", "Digest"], rows)
    }

    /// Linked to its page, where it has one.
    private static func subject(_ entry: AuditEntry) -> Markup {
        let text = entry.subject.hasPrefix("rollout/") ? String(entry.subject.dropFirst(8)) : entry.subject
        let kind = entry.action.prefix { $0 != "-" }
        if text.count == 64, text.allSatisfy(\.isHexDigit) {
            return "plan <a class=\"mono\" href=\"/plans/\(text)\">\(text.prefix(12))</a>"
        }
        if kind == "rollout" || entry.subject.hasPrefix("rollout/") {
            return "<a href=\"/rollouts/\(text)\">\(text)</a>"
        }
        if kind == "exemption" || kind == "host" { return "<a href=\"/nodes/\(text)\">\(text)</a>" }
        return "\(text)"
    }
}
