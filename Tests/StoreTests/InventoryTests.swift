import Fleet
import Store
import Testing

@Suite("Nodes")
struct InventoryTests {
    private let three = Inventory(nodes: [node("pve3"), node("pve1", labels: ["rack": "a"]), node("pve2")])

    @Test func importingTwiceChangesNothing() async throws {
        let fixture = try Fixture()
        let first = try await fixture.store.importInventory(three, at: at(1), by: "anna")
        #expect(first.added.map(\.name) == ["pve3", "pve1", "pve2"])
        let second = try await fixture.store.importInventory(three, at: at(2), by: "anna")
        #expect(second.isEmpty)
        #expect(try await fixture.store.nodes() == three.nodes)
        #expect(try await fixture.store.auditLog().map(\.action) == ["inventory-import"])
        #expect(try await fixture.store.allNodes().allSatisfy { $0.changedAt == at(1) })
    }

    @Test func aNodeThatIsGoneIsRetiredAndComesBackWithItsHistory() async throws {
        let fixture = try Fixture()
        _ = try await fixture.store.importInventory(three, at: at(1), by: "anna")
        _ = try await fixture.store.record([Sighting(of: "pve1", at: at(2), answer: [1])])
        let gone = try await fixture.store.importInventory(Inventory(nodes: [node("pve3")]), at: at(3), by: "anna")
        #expect(gone.retired.map(\.name) == ["pve1", "pve2"])
        #expect(try await fixture.store.nodes().map(\.name) == ["pve3"])
        #expect(try await fixture.store.observations(of: "pve1").count == 1)
        let back = try await fixture.store.importInventory(
            Inventory(nodes: [node("pve1", "192.0.2.9")]), at: at(4), by: "anna")
        #expect(back.added.map(\.connection.address) == ["192.0.2.9"])
        #expect(
            try await fixture.store.inventoryHistory(of: "pve1").map(\.kind) == [.added, .retired, .returned])
    }

    @Test func aChangedDescriptionIsKeptBesideTheOldOne() async throws {
        let fixture = try Fixture()
        _ = try await fixture.store.importInventory(three, at: at(1), by: "anna")
        var moved = three
        moved.nodes[1].connection.address = "192.0.2.77"
        let diff = try await fixture.store.importInventory(moved, at: at(2), by: "anna")
        #expect(diff.changed.map(\.after.name) == ["pve1"])
        let history = try await fixture.store.inventoryHistory(of: "pve1")
        #expect(history.map(\.node.connection.address) == ["192.0.2.1", "192.0.2.77"])
        #expect(history.map(\.at) == [at(1), at(2)])
    }

    @Test func aNodeNamedTwiceImportsNothing() async throws {
        let fixture = try Fixture()
        let twice = Inventory(nodes: [node("pve9"), node("pve9", "192.0.2.2")])
        await expectCode("inventory-duplicate-node") {
            _ = try await fixture.store.importInventory(twice, at: at(1), by: "anna")
        }
        #expect(try await fixture.store.nodes().isEmpty)
    }

    @Test func fourWritersAtOnceLoseNothing() async throws {
        let fixture = try Fixture()
        let inventory = Inventory(nodes: (1...4).compactMap { NodeName("pve\($0)").map { node($0) } })
        _ = try await fixture.store.importInventory(inventory, at: at(1), by: "anna")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for described in inventory.nodes {
                group.addTask {
                    let own = try Store.open(path: fixture.path)
                    for round in 0..<50 {
                        let raw = Array("\(described.name) \(round)".utf8)
                        _ = try await own.record([Sighting(of: described.name, at: at(Int64(round)), answer: raw)])
                    }
                    try own.close()
                }
            }
            try await group.waitForAll()
        }
        for described in inventory.nodes {
            #expect(try await fixture.store.observations(of: described.name).count == 50)
        }
    }
}
