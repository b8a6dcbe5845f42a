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
        let raw = [UInt8](try Data(contentsOf: URL(fileURLWithPath: answer)))
        let facts = StoredAnswer(raw: raw).facts
        guard let name = facts.hostName.value, let boot = facts.bootID.value else {
            throw ValidationError("\(answer) does not tell the node's name and boot.")
        }
        let names = (1...nodes).compactMap { NodeName("node\($0)") }
        let store = try Store.open(path: database)
        let inventory = Inventory(
            nodes: names.map { Node(name: $0, connection: ConnectionSettings(address: "192.0.2.1")) })
        _ = try await store.importInventory(inventory, at: SystemTime().now(), by: "bench")
        for start in stride(from: 0, to: names.count, by: 256) {
            let batch = names[start..<min(start + 256, names.count)]
            _ = try await store.record(
                batch.map { node in
                    let own = raw.replacing(name, by: node.description)
                        .replacing(boot.description, by: UUID().uuidString.lowercased())
                    return Sighting(of: node, at: SystemTime().now(), answer: own)
                })
        }
        try store.close()
    }
}

extension [UInt8] {
    /// Every line that is `old` becomes `new`.
    fileprivate func replacing(_ old: String, by new: String) -> [UInt8] {
        let lines = split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let old = Array(old.utf8)
        return Array(lines.map { $0.elementsEqual(old) ? Array(new.utf8)[...] : $0 }.joined(separator: [10]))
    }
}
