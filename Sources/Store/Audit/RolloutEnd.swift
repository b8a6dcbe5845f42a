import Crypto
import Fleet
import Foundation
internal import GRDB

/// What the audit log keeps of how a roll-out ended.
struct RolloutEnd: Codable {
    /// The digest of its journal's last event, 64 hex digits.
    var journal: String
    var phase: String
    /// How many nodes ended in which state.
    var nodes: [String: Int]
    /// The digest of everything that is kept of its state; absent in lines of earlier versions.
    var states: String?

    init(_ rollout: Rollout, journal: ContentDigest, states: ContentDigest) {
        self.journal = journal.description
        self.states = states.description
        phase = rollout.phase.word
        nodes = Dictionary(grouping: rollout.nodes, by: \.state.word).mapValues(\.count)
    }

    init?(json: String) {
        guard let value = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
        self = value
    }
}

extension Store {
    /// The SHA-256 of a roll-out's header and of its nodes' states in their order, as stored, a line each.
    static func statesDigest(of id: String, _ db: Database) throws -> ContentDigest {
        var hash = SHA256()
        let header = try String.fetchOne(db, sql: "SELECT header FROM rollout WHERE id = ?", arguments: [id]) ?? ""
        hash.update(data: Data("\(header)\n".utf8))
        let states = try String.fetchCursor(
            db, sql: "SELECT state FROM rollout_node WHERE rollout = ? ORDER BY position", arguments: [id])
        while let state = try states.next() { hash.update(data: Data("\(state)\n".utf8)) }
        return ContentDigest(finished: hash.finalize())
    }
}
