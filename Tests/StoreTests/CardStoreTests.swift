import Fleet
import Foundation
import Store
import TestSupport
import Testing

@Suite("Summaries of cards") struct CardStoreTests {
    private static let checkout = URL(filePath: #filePath).pathComponents.dropLast(3).joined(separator: "/")

    private func answer(_ name: String) throws -> StoredAnswer {
        let path = "\(Self.checkout)/Tests/Fuzzing/Answers/\(name).answer"
        return StoredAnswer(raw: [UInt8](try Data(contentsOf: URL(filePath: path))))
    }

    private func summary(_ node: NodeName, _ answer: StoredAnswer) -> CardSummary {
        CardSummary(
            node: node, answer: answer.digest, cards: GPUReport.cards(of: node, answer.facts, judged: true))
    }

    @Test func aNewAnswerAndAnotherReaderAskForNewOnes() async throws {
        let fixture = try Fixture()
        let store = fixture.store
        _ = try await store.importInventory(Inventory(nodes: [node("pve2"), node("pve1")]), at: at(0), by: "test")
        #expect(try await store.nodesWithoutCards(by: "a").isEmpty, "nothing was seen yet")
        let seen = try answer("chipset")
        _ = try await store.record(["pve1", "pve2"].map { Sighting(of: $0, at: at(1), answer: seen) })
        #expect(try await store.nodesWithoutCards(by: "a") == ["pve2", "pve1"])

        let summaries = [summary("pve1", seen), summary("pve2", seen)]
        #expect(!summaries[0].cards.isEmpty)
        try await store.keep(summaries, by: "a")
        #expect(try await store.nodesWithoutCards(by: "a").isEmpty)
        #expect(try await store.cards(of: ["pve1"], by: "a") == summaries[0].cards)
        let figures = try await store.cardFigures(by: "a")
        #expect(figures.map(\.node) == ["pve2", "pve1"])
        #expect(figures.map(\.figures) == [CardFigures(summaries[1].cards), CardFigures(summaries[0].cards)])

        #expect(try await store.nodesWithoutCards(by: "b") == ["pve2", "pve1"])
        #expect(try await store.cardFigures(by: "b").isEmpty)
        #expect(try await store.cards(of: ["pve1"], by: "b").isEmpty, "what another reader said is not believed")

        // What was known stays until the new answer was read.
        _ = try await store.record([Sighting(of: "pve1", at: at(2), answer: Array("another".utf8))])
        #expect(try await store.nodesWithoutCards(by: "a") == ["pve1"])
        #expect(try await store.cardFigures(by: "a").count == 2)
        _ = try await store.importInventory(Inventory(nodes: [node("pve2")]), at: at(3), by: "test")
        #expect(try await store.nodesWithoutCards(by: "a").isEmpty)
        #expect(try await store.cardFigures(by: "a").map(\.node) == ["pve2"])
    }

    @Test func figuresAddUp() {
        var (one, other) = (CardFigures(), CardFigures())
        (one.total, one.ready, other.total, other.blocked) = (2, 1, 3, 2)
        let sum = one + other
        #expect((sum.total, sum.ready, sum.blocked, sum.held) == (5, 1, 2, 0))
    }
}
