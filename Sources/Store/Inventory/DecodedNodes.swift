import Fleet
import Synchronization

/// Descriptions of nodes as they were decoded before: every page asks for all of them, and they hardly ever change.
final class DecodedNodes: Sendable {
    private let known = Mutex<[String: Node]>([:])

    /// Of each name with its description, in their order. Keeps these, and no others.
    func nodes(_ rows: [(name: String, description: String)]) throws -> [Node] {
        try known.withLock { known in
            let nodes = try rows.map { row in
                try known[row.description] ?? Document.value(row.description, "node \(row.name)")
            }
            known = Dictionary(zip(rows.map(\.description), nodes), uniquingKeysWith: { first, _ in first })
            return nodes
        }
    }
}
