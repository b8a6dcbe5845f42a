import Fleet
import TestSupport

/// What happens in the middle of a roll-out, besides what its nodes are like.
enum Misfortune {
    /// The controller dies, at any time; `Death` is more exact.
    case crash
    /// Somebody gives an order from another terminal.
    case order(RolloutOrder)
    /// The controller's clock is set.
    case clockJumps(Int)
    /// A node goes down and comes up, and nobody ordered it.
    case losesPower(NodeName)
    /// A node can't be reached for so many seconds.
    case losesNetwork(NodeName, Int)
    /// A member of a cluster that is no part of the roll-out is down, or there again.
    case strangerFails(String)
    case strangerReturns(String)
    /// Somebody starts a guest on a node.
    case guestStarts(NodeName)
    /// Another controller wants to drive it, too.
    case rival
    /// The controller's process is stopped for so many seconds.
    case stops(Int)

    /// Each with the second in which it comes.
    static func byChance(_ setup: SimulationSetup, _ random: inout SeededNumbers) -> [(Int, Misfortune)] {
        var misfortunes: [(Int, Misfortune)] = []
        func comes(_ range: ClosedRange<Int>, _ body: () -> Misfortune) {
            for _ in 0..<max(0, Int.random(in: range, using: &random)) {
                misfortunes.append((Int.random(in: 1...900, using: &random), body()))
            }
        }
        let nodes = setup.rollout.nodes.map(\.node)
        comes(-2...3) { .crash }
        comes(-6...1) { .rival }
        comes(-3...1) { .stops(Int.random(in: 5...400, using: &random)) }
        if setup.isGentle { return misfortunes }
        comes(-6...3) { .order(.byChance(nodes, &random)) }
        comes(-2...3) { .order(.retry(nodes.randomElement(using: &random) ?? nodes[0])) }
        comes(-4...2) { .clockJumps(Int.random(in: 0..<4, using: &random) == 0 ? hours(&random) : minutes(&random)) }
        comes(-6...2) { .losesPower(nodes.randomElement(using: &random) ?? nodes[0]) }
        comes(-6...2) {
            .losesNetwork(nodes.randomElement(using: &random) ?? nodes[0], Int.random(in: 5...400, using: &random))
        }
        comes(-6...2) { .guestStarts(nodes.randomElement(using: &random) ?? nodes[0]) }
        for cluster in Set(setup.clusters.values).map(\.name).sorted() where Int.random(in: 0..<3, using: &random) == 0
        {
            let at = Int.random(in: 0...600, using: &random)
            misfortunes.append((at, .strangerFails(cluster)))
            guard Bool.random(using: &random) else { continue }
            misfortunes.append((at + Int.random(in: 10...400, using: &random), .strangerReturns(cluster)))
            misfortunes.append((at + Int.random(in: 10...800, using: &random), .strangerFails(cluster)))
        }
        return misfortunes
    }

    private static func minutes(_ random: inout SeededNumbers) -> Int { Int.random(in: -600...600, using: &random) }
    private static func hours(_ random: inout SeededNumbers) -> Int { Int.random(in: -3600...90_000, using: &random) }
}

extension RolloutOrder {
    fileprivate static func byChance(_ nodes: [NodeName], _ random: inout SeededNumbers) -> RolloutOrder {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .abort
        case 1...3: .suspend
        default: .skip(nodes.randomElement(using: &random) ?? nodes[0])
        }
    }
}

/// A death of the controller at one of its events.
enum Death: CaseIterable {
    /// The event is known to nobody.
    case beforeWriting
    /// It was written, and nothing was done about it.
    case afterWriting
    /// Of several effects the first were begun.
    case betweenEffects

    /// By the number of the event, counted over all lives.
    static func byChance(_ random: inout SeededNumbers) -> [Int: Death] {
        var deaths: [Int: Death] = [:]
        for _ in 0..<max(0, Int.random(in: -3...3, using: &random)) {
            deaths[Int.random(in: 1...80, using: &random)] = allCases.randomElement(using: &random)
        }
        return deaths
    }
}
