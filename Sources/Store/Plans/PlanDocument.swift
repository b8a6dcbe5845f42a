import Crypto
import Fleet

/// A plan as stored: one text for each part, and the digest over all of them.
///
/// The digest is the SHA-256 of the lines `vfiofleet plan 1`, the purpose, the playbook, and each node's entry, each
/// ended by a line feed. JSON texts hold no line feeds, so no two plans have the same bytes.
struct PlanDocument {
    var purpose: String
    var playbook: String
    var entries: [String]

    init(purpose: String, playbook: String, entries: [String]) {
        self.purpose = purpose
        self.playbook = playbook
        self.entries = entries
    }

    init(_ plan: FleetPlan) async throws {
        purpose = plan.purpose.rawValue
        playbook = try Document.text(plan.playbook)
        entries = try await Self.texts(of: plan.nodes)
    }

    /// On all cores: this is most of what keeping the plan of a large fleet costs.
    private static func texts(of nodes: [FleetPlan.Entry]) async throws -> [String] {
        let size = 256
        return try await withThrowingTaskGroup(of: (start: Int, texts: [String]).self) { group in
            for start in stride(from: 0, to: nodes.count, by: size) {
                group.addTask {
                    var writer = PlanEntryWriter()
                    return (start, try nodes[start..<min(start + size, nodes.count)].map { try writer.text(of: $0) })
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
                .sorted { $0.start < $1.start }.flatMap(\.texts)
        }
    }

    var digest: ContentDigest {
        var hash = SHA256()
        for var line in ["vfiofleet plan 1", purpose, playbook] + entries {
            line.withUTF8 { hash.update(bufferPointer: UnsafeRawBufferPointer($0)) }
            hash.update(data: [UInt8(ascii: "\n")])
        }
        return ContentDigest(finished: hash.finalize())
    }

    func plan(_ digest: ContentDigest) throws -> FleetPlan {
        let name = "plan \(digest.short)"
        guard self.digest == digest else {
            throw StoreFailure.unreadable(name, "its content does not have its digest")
        }
        guard let purpose = FleetPlan.Purpose(rawValue: purpose) else {
            throw StoreFailure.unreadable(name, "its purpose is “\(purpose)”")
        }
        return FleetPlan(
            purpose: purpose, playbook: try Document.value(playbook, name),
            nodes: try entries.map { try Document.value($0, name) })
    }
}
