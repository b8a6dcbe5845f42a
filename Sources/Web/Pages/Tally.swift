internal import Fleet
internal import Forms

/// How the nodes of a roll-out stand: what was proven apart from what failed, and from what was left as it was.
struct Tally {
    enum Part: CaseIterable {
        case verified
        case active
        case waiting
        case held
        case reverted
        case failed

        init?(_ state: NodeState) {
            switch state {
            case .leftAlone: return nil
            case .queued: self = .waiting
            case .active: self = .active
            case .ended(.verified): self = .verified
            case .ended(.held), .ended(.skipped): self = .held
            case .ended(.reverted): self = .reverted
            case .ended(.failed), .ended(.lost): self = .failed
            }
        }

        var words: String {
            switch self {
            case .verified: "verified"
            case .active: "under way"
            case .waiting: "queued"
            case .held: "held, nothing was done"
            case .reverted: "put back as before"
            case .failed: "failed"
            }
        }

        /// The class of its colour.
        var style: String {
            switch self {
            case .verified: "good"
            case .active: "active"
            case .waiting: "unverified"
            case .held: "held"
            case .reverted: "attention"
            case .failed: "bad"
            }
        }

        var sign: String {
            switch self {
            case .verified: "✓"
            case .active: "▸"
            case .waiting: "–"
            case .held: "‖"
            case .reverted: "↩"
            case .failed: "✕"
            }
        }
    }

    let parts: [(part: Part, count: Int)]
    let total: Int

    init(_ nodes: [NodeRun]) {
        let found = nodes.compactMap { Part($0.state) }
        parts = Part.allCases.map { part in (part, found.count { $0 == part }) }.filter { $0.1 > 0 }
        total = found.count
    }

    /// `1 of 3 verified, 2 held, nothing was done`
    var words: String {
        let verified = parts.first { $0.part == .verified }?.count ?? 0
        let others = parts.filter { $0.part != .verified }.map { "\($0.count) \($0.part.words)" }
        return (["\(verified) of \(total) verified"] + others).joined(separator: "; ")
    }

    var markup: Markup {
        let legend: [Markup] = parts.map { part, count in
            """
            <li><span class="sign \(part.style)" aria-hidden="true">\(part.sign)</span> <b>\(Piece.grouped(count))</b> \(part.words)</li>
            """
        }
        return """
            <div class="tally">\(ShareBar(parts.map { ($0.part.style, $0.count) }).svg)<ul class="legend">\(legend)</ul></div>
            """
    }
}
