public import Fleet
internal import GRDB

/// How many cards there are, and how many of them are like this.
public struct CardFigures: Hashable, Sendable {
    public var total = 0
    /// All functions on vfio-pci.
    public var ready = 0
    /// A running guest has it.
    public var held = 0
    /// In a group with others.
    public var shared = 0
    /// It can't be handed to a guest.
    public var blocked = 0
    /// Its link is slower than it could be.
    public var degraded = 0

    public init() {}

    public init(_ cards: [GPUReport]) {
        total = cards.count
        ready = cards.count(where: \.isReady)
        held = cards.count { $0.heldBy != nil }
        shared = cards.count { $0.isAlone == false }
        blocked = cards.count { $0.prospect?.verdict == .blocked }
        degraded = cards.count { $0.slotLink?.state == .degraded }
    }

    public static func + (one: CardFigures, other: CardFigures) -> CardFigures {
        var sum = one
        for figure in [\CardFigures.total, \.ready, \.held, \.shared, \.blocked, \.degraded] {
            sum[keyPath: figure] += other[keyPath: figure]
        }
        return sum
    }
}

/// What was read of a node's cards, and in which of its answers.
public struct CardSummary: Hashable, Sendable {
    public var node: NodeName
    public var answer: ContentDigest
    public var cards: [GPUReport]

    public init(node: NodeName, answer: ContentDigest, cards: [GPUReport]) {
        self.node = node
        self.answer = answer
        self.cards = cards
    }
}

extension Store {
    /// Nodes of the inventory whose present answer was not summarised yet, or by another reader.
    public func nodesWithoutCards(by reader: String) async throws(FleetError) -> [NodeName] {
        try await read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM node JOIN observation ON observation.node_id = node.id AND is_current = 1
                    JOIN answer ON answer.id = answer_id
                    LEFT JOIN card_summary ON card_summary.node_id = node.id
                    WHERE retired_at IS NULL AND (card_summary.answer IS NOT digest OR reader <> ?)
                    ORDER BY position, name
                    """, arguments: [reader]
            ).map(Self.nodeName)
        }
    }

    /// Keeps what `reader` made of answers, in place of what was there.
    public func keep(_ summaries: [CardSummary], by reader: String) async throws(FleetError) {
        try await writeRelaxed { db in
            for summary in summaries {
                let figures = CardFigures(summary.cards)
                try db.cachedStatement(sql: "INSERT OR REPLACE INTO card_summary VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
                    .execute(arguments: [
                        try Self.nodeID(summary.node, db), summary.answer.blob, reader, figures.total, figures.ready,
                        figures.held, figures.shared, figures.blocked, figures.degraded,
                        try Document.text(summary.cards),
                    ])
            }
        }
    }

    /// Of nodes in the inventory that `reader` has summarised, if not their last answer then one before, in its order.
    public func cardFigures(by reader: String) async throws(FleetError) -> [(node: NodeName, figures: CardFigures)] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT name, total, ready, held, shared, blocked, degraded
                    FROM card_summary JOIN node ON node.id = node_id 
                    WHERE retired_at IS NULL AND reader = ? ORDER BY position, name
                    """, arguments: [reader]
            ).map { row in
                var figures = CardFigures()
                (figures.total, figures.ready, figures.held) = (row[1], row[2], row[3])
                (figures.shared, figures.blocked, figures.degraded) = (row[4], row[5], row[6])
                return (try Self.nodeName(row[0]), figures)
            }
        }
    }

    /// The cards of these nodes as `reader` saw them, in their order; of a few of them: they are read in one piece.
    public func cards(of nodes: [NodeName], by reader: String) async throws(FleetError) -> [GPUReport] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: "SELECT cards FROM card_summary JOIN node ON node.id = node_id WHERE name = ? AND reader = ?")
            return try nodes.flatMap { node -> [GPUReport] in
                let text = try String.fetchOne(statement, arguments: [node.description, reader])
                return try text.map { try Document.value($0, "cards of \(node)") } ?? []
            }
        }
    }

    static func nodeName(_ text: String) throws -> NodeName {
        guard let node = NodeName(text) else { throw StoreFailure.unreadable("node name", "it is “\(text)”") }
        return node
    }
}
