internal import Fleet
internal import Forms
internal import Foundation
internal import Store

/// Small pieces that several pages show.
enum Piece {
    /// `3 h ago`, with the moment itself for who wants it.
    static func when(_ time: Timestamp, _ now: Timestamp) -> Markup {
        "<time datetime=\"\(time.iso8601)\" title=\"\(time.iso8601)\">\(ago(time, now))</time>"
    }

    /// `2026-11-29 14:30:28 UTC`
    static func clock(_ time: Timestamp) -> Markup {
        let words = time.iso8601.replacing("T", with: " ").replacing("Z", with: " UTC")
        return "<time datetime=\"\(time.iso8601)\">\(words)</time>"
    }

    private static func ago(_ time: Timestamp, _ now: Timestamp) -> String {
        let seconds = (now.milliseconds - time.milliseconds) / 1000
        if seconds < 0 { return time.iso8601 }
        switch seconds {
        case ..<60: return "just now"
        case ..<3600: return "\(seconds / 60) min ago"
        case ..<172_800: return "\(seconds / 3600) h ago"
        default: return "\(seconds / 86_400) days ago"
        }
    }

    static func sign(_ health: NodeHealth) -> Markup {
        "<span class=\"sign \(health.rawValue)\" aria-hidden=\"true\">\(health.sign)</span>"
    }

    /// Folded, and linked to where they are.
    static func nodes(_ names: Set<NodeName>) -> Markup {
        let folded = NameSet.fold(names)
        let address = names.count == 1 ? "/nodes/\(folded)" : "/?selector=\(folded.asQueryValue)"
        let words = folded.replacingOccurrences(of: ",", with: ", ").shortened(to: 160)
        // What is too long for an address is too long to be read, too.
        return folded.utf8.count > 4000 ? "\(words)" : "<a href=\"\(address)\">\(words)</a>"
    }

    /// A button that does something.
    static func form(_ address: String, _ words: String, _ user: Identity, _ style: String = "") -> Markup {
        """
        <form method="post" action="\(address)">\(Page.token(user))<button class="\(style)">\(words)</button></form>
        """
    }

    static func drift(_ drift: Drift?) -> Markup {
        drift.map { "<br>\(badge($0.phrase, "plain"))" } ?? ""
    }

    static func badge(_ text: String, _ style: String) -> Markup { "<span class=\"badge \(style)\">\(text)</span>" }

    static func count(_ number: Int, _ noun: String) -> String { "\(grouped(number)) \(noun)\(number == 1 ? "" : "s")" }

    /// `2,000`
    static func grouped(_ number: Int) -> String {
        let digits = String(abs(number))
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { result += "," }
            result.append(digit)
        }
        return number < 0 ? "-" + result : result
    }

    /// What a person could type to see the same, and what came of it.
    static func evidence(_ evidence: [Evidence], open: Bool = false) -> Markup {
        guard !evidence.isEmpty else { return "" }
        let items: [Markup] = evidence.map { item in
            """
            <figure class="evidence"><figcaption><code>\(item.command)</code></figcaption>
            <pre tabindex="0">\(item.output.isEmpty ? "(nothing)" : item.output)</pre></figure>
            """
        }
        return "<details\(open ? " open" : "" as Markup)><summary>Evidence</summary>\(items)</details>"
    }

    /// Links to the parts before and after.
    static func paging(_ page: PageOfList, _ request: PageAddress, of count: Int) -> Markup {
        guard count > page.limit || page.offset > 0 else { return "" }
        let last = min(page.offset + page.limit, count)
        let before: Markup =
            page.offset > 0
            ? "<a rel=\"prev\" href=\"\(request.at(max(0, page.offset - page.limit)))\">Before</a>" : ""
        let after: Markup = last < count ? "<a rel=\"next\" href=\"\(request.at(last))\">Next</a>" : ""
        return """
            <nav class="paging" aria-label="Parts of the list">\(before)
            <span class="dim">\(grouped(min(page.offset + 1, count)))–\(grouped(last)) of \(grouped(count))</span> \(after)</nav>
            """
    }

    static func style(_ status: CheckResult.Status, isExempt: Bool) -> String {
        switch status {
        case .pass: "good"
        case .fail: isExempt ? "unverified" : "bad"
        case .unknown: isExempt ? "unverified" : "unknown"
        }
    }

    static func word(_ status: CheckResult.Status, isExempt: Bool) -> String {
        switch status {
        case .pass: "holds"
        case .fail: isExempt ? "exempt" : "fails"
        case .unknown: isExempt ? "exempt" : "unknown"
        }
    }
}

/// Where a page's parts are, with everything else of its address kept.
struct PageAddress {
    let at: (Int) -> String
}

extension NodeState {
    /// The class of a state's colour.
    var cssClass: String {
        switch self {
        case .queued: "unverified"
        case .active: "active"
        case .leftAlone(let why): why == .unchanged ? "good" : "unknown"
        case .ended(.verified): "good"
        case .ended(.held), .ended(.skipped): "unverified"
        case .ended(.failed), .ended(.lost): "bad"
        case .ended(.reverted): "attention"
        }
    }
}
