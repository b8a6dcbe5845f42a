import ArgumentParser
import Engine
import Fleet
import Foundation
import Store

/// Stores one node's answer for many nodes, each with a name and a boot of its own in it, so that no two answers are the
/// same.
struct Fill: AsyncParsableCommand {
    @Argument(help: "The database to make.") var database: String
    @Argument(help: "A file with a node's answer to the probe.") var answer: String
    @Option(help: "How many nodes.") var nodes = 10_000

    func run() async throws {
        let template = try AnswerTemplate(answer)
        let names = (1...nodes).compactMap { NodeName("node\($0)") }
        let store = try Store.open(path: database)
        let inventory = Inventory(
            nodes: names.map { Node(name: $0, connection: ConnectionSettings(address: "192.0.2.1")) })
        _ = try await store.importInventory(inventory, at: SystemTime().now(), by: "bench")
        for start in stride(from: 0, to: names.count, by: 256) {
            let batch = names[start..<min(start + 256, names.count)]
            _ = try await store.record(
                batch.map { node in
                    let own = template.answer(of: node, boot: UUID().uuidString.lowercased())
                    return Sighting(of: node, at: SystemTime().now(), answer: own)
                })
        }
        try store.close()
    }
}
