internal import Fleet
internal import Forms
internal import Logging
internal import Store

/// The cards of the fleet, as they are kept beside answers. To read an answer costs a moment, so that is done once after it
/// changed, ahead of whoever looks.
actor CardCatalogue {
    private let store: Store
    private let reader: String
    private var refreshing: Task<Void, any Error>?

    /// So many answers are read at once.
    private static let chunk = 16
    private static let pause = Duration.seconds(5)
    /// A page does not wait longer for what is not read yet.
    private static let patience = Duration.milliseconds(300)

    init(store: Store, reader: String = CardReader.present) {
        self.store = store
        self.reader = reader
    }

    /// Reads what is new, until it is cancelled.
    func follow(_ logger: Logger) async {
        while !Task.isCancelled {
            do { try await refresh() } catch {
                if !Task.isCancelled { logger.error("cards were not read", metadata: ["error": "\(error)"]) }
            }
            do { try await Task.sleep(for: Self.pause) } catch { return }
        }
    }

    /// Returns once the cards of every answer are known that was there before.
    func refresh() async throws {
        // What is under way may have begun before the last answers came; what another waiter begins after it has not.
        if let refreshing { _ = await refreshing.result }
        if let refreshing { return try await refreshing.value }
        let task = Task { [store, reader] in try await Self.refresh(store, reader) }
        refreshing = task
        defer { refreshing = nil }
        try await task.value
    }

    /// The same, but for a moment only. Returns the nodes whose cards are not those of their last answer then.
    func glance() async throws -> Set<NodeName> {
        guard try await !store.nodesWithoutCards(by: reader).isEmpty else { return [] }
        let (ends, end) = AsyncStream.makeStream(of: Void.self)
        Task {
            // Trouble is told by whoever asks the store next.
            try? await refresh()
            end.yield()
        }
        let clock = Task {
            try? await Task.sleep(for: Self.patience)
            end.yield()
        }
        _ = await ends.first { true }
        clock.cancel()
        return Set(try await store.nodesWithoutCards(by: reader))
    }

    @concurrent private static func refresh(_ store: Store, _ reader: String) async throws {
        let nodes = try await store.nodesWithoutCards(by: reader)
        for start in stride(from: 0, to: nodes.count, by: chunk) {
            try Task.checkCancellation()
            let part = Array(nodes[start..<min(start + chunk, nodes.count)])
            let survey = try await GPUSurvey.read(part, from: store, keepingFacts: false)
            let summaries = survey.hosts.map { CardSummary(node: $0.node, answer: $0.answer, cards: $0.cards) }
            try await store.keep(summaries, by: reader)
        }
    }

    /// How many cards the nodes have that `isWanted`, and those of one part of their list.
    nonisolated func part(
        _ page: PageOfList, where isWanted: (NodeName) -> Bool
    ) async throws -> (figures: CardFigures, cards: [GPUReport]) {
        let hosts = try await store.cardFigures(by: reader).filter { isWanted($0.node) }
        let (nodes, before) = page.nodes(of: hosts.map { ($0.node, $0.figures.total) })
        let cards = try await store.cards(of: nodes, by: reader).dropFirst(before).prefix(page.limit)
        return (hosts.reduce(CardFigures()) { $0 + $1.figures }, Array(cards))
    }
}
