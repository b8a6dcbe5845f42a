public import Fleet

/// A node as the store knows it.
public struct NodeRecord: Hashable, Sendable {
    public var node: Node
    public var importedAt: Timestamp
    public var changedAt: Timestamp
    /// Nil = active.
    public var retiredAt: Timestamp?
}

/// One change of what the inventory said about a node.
public struct NodeChange: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case added
        case changed
        case returned
        case retired
    }

    public var at: Timestamp
    public var kind: Kind
    /// The description after the change; of a retired node the last one.
    public var node: Node
}
