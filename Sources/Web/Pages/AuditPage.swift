internal import Fleet
internal import Forms
internal import Hummingbird
internal import Store

/// Who did what, the newest first.
struct AuditPage {
    static func make(_ site: Site, _ request: Request, _ user: Identity) async throws -> Page {
        let page = try PageOfList(request)
        let all = try await site.store.auditLog(latest: page.offset + page.limit + 1)
        // Lines are numbered without gaps, so the last one's number is how many there are.
        let count = all.last?.number ?? 0
        let rows: [Markup] = page.part(all.reversed()).map { entry in
            """
            <tr><td>\(entry.number)<td><time datetime="\(entry.at.iso8601)">\(entry.at.iso8601)</time><td>\(entry.actor)\
            <td>\(entry.action)<td class="mono">\(entry.subject)<td>\(entry.details)<td class="mono dim">\(entry.digest.short)</tr>
            """
        }
        let heads: [Markup] = ["Line", "At", "By", "Action", "Subject", "Detail", "Digest"].map {
            "<th scope=\"col\">\($0)</th>"
        }
        let main: Markup = """
            <h1>Audit log</h1>
            <p class="dim">Each line is bound to those before it; <code>vfiofleet audit verify</code> tells whether one was changed.</p>
            <div class="wide" tabindex="0" role="region" aria-label="Audit log"><table><thead><tr>\(heads)</tr></thead>
            <tbody>\(rows)</tbody></table></div>
            \(Piece.paging(page, PageAddress { page.address(request, $0) }, of: count))
            """
        return Page(title: "Audit log", section: .audit, identity: user, main: main)
    }
}
