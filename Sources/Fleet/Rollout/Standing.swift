/// Which nodes wait and which are under way: what follows from their states, kept beside them so that an event of a large
/// roll-out need not look at all of them.
struct Standing: Sendable, Equatable {
    /// Positions among the roll-out's nodes, ascending.
    private(set) var queued: [Int] = []
    private(set) var active: [Int] = []
    private var kinds: [Kind] = []

    private enum Kind: UInt8 {
        case queued
        case active
        case other
    }

    init(_ nodes: [NodeRun]) {
        kinds = nodes.map { Self.kind($0.state) }
        for (position, kind) in kinds.enumerated() {
            switch kind {
            case .queued: queued.append(position)
            case .active: active.append(position)
            case .other: break
            }
        }
    }

    /// Takes over the states of these nodes.
    mutating func update(_ positions: Set<Int>, _ nodes: [NodeRun]) {
        guard positions.count <= 256 else {
            self = Standing(nodes)
            return
        }
        for position in positions {
            let (old, new) = (kinds[position], Self.kind(nodes[position].state))
            guard old != new else { continue }
            kinds[position] = new
            switch old {
            case .queued: Self.remove(position, from: &queued)
            case .active: Self.remove(position, from: &active)
            case .other: break
            }
            switch new {
            case .queued: Self.insert(position, into: &queued)
            case .active: Self.insert(position, into: &active)
            case .other: break
            }
        }
    }

    private static func kind(_ state: NodeState) -> Kind {
        switch state {
        case .queued: .queued
        case .active: .active
        case .leftAlone, .ended: .other
        }
    }

    private static func insert(_ position: Int, into list: inout [Int]) {
        list.insert(position, at: place(of: position, in: list))
    }

    private static func remove(_ position: Int, from list: inout [Int]) {
        let place = place(of: position, in: list)
        if place < list.count, list[place] == position { list.remove(at: place) }
    }

    /// The first index whose element is not less.
    private static func place(of position: Int, in list: [Int]) -> Int {
        var (low, high) = (0, list.count)
        while low < high {
            let middle = (low + high) / 2
            if list[middle] < position { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
