internal import Forms

/// The states that the fleet's page counts and filters by. One of them takes two in: what is not as asked, however severe.
enum StateFilter: String, CaseIterable {
    case failing
    case bad
    case unknown
    case stale
    case unverified
    case good

    /// Together they have each node once.
    static let shares: [StateFilter] = [.good, .unverified, .stale, .unknown, .failing]

    var health: NodeHealth { self == .failing ? .bad : NodeHealth(rawValue: rawValue) ?? .bad }

    var words: String { self == .bad ? "\(health.words), high severity" : health.words }

    /// Stale is also who did not hold when it was looked at.
    func includes(_ member: FleetOverview.Member) -> Bool {
        self == .failing ? [.bad, .attention].contains(member.health) : member.health == health
    }
}

/// A bar that shares itself among counts.
struct ShareBar {
    private let parts: [(style: String, count: Int)]

    /// `style`: the class of its colour.
    init(_ parts: [(style: String, count: Int)]) { self.parts = parts.filter { $0.count > 0 } }

    var svg: Markup {
        let total = max(1, parts.reduce(0) { $0 + $1.count })
        var x = 0.0
        let rects: [Markup] = parts.map { style, count in
            // What is there is seen, however few they are.
            let width = max(6, 1000 * Double(count) / Double(total))
            defer { x += width }
            return "<rect class=\"fill \(style)\" x=\"\(Int(x))\" y=\"0\" width=\"\(Int(width) + 1)\" height=\"12\"/>"
        }
        return """
            <svg class="share" viewBox="0 0 \(max(1, Int(x))) 12" preserveAspectRatio="none" aria-hidden="true">\(rects)</svg>
            """
    }
}
