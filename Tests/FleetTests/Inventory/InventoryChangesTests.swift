import Fleet
import Testing

@Suite struct InventoryChangesTests {
    private func node(_ name: String, port: UInt16? = nil) throws -> Node {
        Node(name: try #require(NodeName(name)), connection: .init(address: name, port: port))
    }

    @Test func tellsAddedChangedRetiredAndUnchanged() throws {
        let before = Inventory(nodes: [try node("a"), try node("b"), try node("c")])
        let after = Inventory(nodes: [try node("d"), try node("c"), try node("b", port: 2222)])
        let changes = after.changes(from: before)
        #expect(changes.added.map(\.name.description) == ["d"])
        #expect(changes.changed == [.init(before: try node("b"), after: try node("b", port: 2222))])
        #expect(changes.retired.map(\.name.description) == ["a"])
        #expect(changes.unchanged.map(\.description) == ["c"])
        #expect(!changes.isEmpty)
    }

    @Test func theSameFilesChangeNothing() throws {
        let inventory = Inventory(nodes: [try node("a"), try node("b")])
        #expect(inventory.changes(from: inventory).isEmpty)
    }
}
