/// What an import would do to the inventory that is there.
public struct InventoryChanges: Hashable, Sendable {
    public struct Change: Hashable, Sendable {
        public var before: Node
        public var after: Node

        public init(before: Node, after: Node) {
            self.before = before
            self.after = after
        }
    }

    /// In the new inventory's order.
    public var added: [Node]
    /// In the new inventory's order.
    public var changed: [Change]
    /// Gone from the files, in the old inventory's order; their history is kept.
    public var retired: [Node]
    public var unchanged: [NodeName]

    /// Nothing to do: importing the same files twice ends here.
    public var isEmpty: Bool { added.isEmpty && changed.isEmpty && retired.isEmpty }
}

extension Inventory {
    /// How to come from `before` to this inventory. Nodes are the same when their names are.
    public func changes(from before: Inventory) -> InventoryChanges {
        let old = Dictionary(before.nodes.map { ($0.name, $0) }) { first, _ in first }
        let names = Set(nodes.map(\.name))
        var changes = InventoryChanges(
            added: [], changed: [], retired: before.nodes.filter { !names.contains($0.name) }, unchanged: [])
        for node in nodes {
            switch old[node.name] {
            case nil: changes.added.append(node)
            case node: changes.unchanged.append(node.name)
            case let was?: changes.changed.append(.init(before: was, after: node))
            }
        }
        return changes
    }
}
