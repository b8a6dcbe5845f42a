package import Fleet
internal import Probe
package import Store

/// One change of a card, and between which looks it came: `gpus --changes --json`.
package struct GPUHistoryEntry: Encodable {
    /// The look that showed it.
    package var at: String
    /// The last look that did not.
    package var since: String
    package var node: NodeName
    package var address: PCIAddress
    package var model: String
    package var change: GPUChange.Kind
    package var before: String?
    package var after: String?

    package init(_ change: GPUChange, at: Timestamp, since: Timestamp) {
        self.at = at.iso8601
        self.since = since.iso8601
        node = change.node
        address = change.address
        model = change.model
        self.change = change.change
        before = change.before
        after = change.after
    }
}

package enum GPUHistory {
    /// What became of the cards of `nodes`, oldest first. Looks that could not tell the functions are passed over.
    package static func read(_ nodes: [NodeName], from store: Store) async throws -> [GPUHistoryEntry] {
        var entries: [GPUHistoryEntry] = []
        for node in nodes {
            var earlier: (cards: [GPUReport], seen: Timestamp)?
            for observation in try await store.observations(of: node) {
                let facts = ProbeParser.parse(observation.answer.raw)
                guard facts.functions.value != nil else { continue }
                let cards = GPUReport.cards(of: node, facts)
                if let earlier {
                    entries += GPUChange.changes(from: earlier.cards, to: cards)
                        .map { GPUHistoryEntry($0, at: observation.firstSeen, since: earlier.seen) }
                }
                earlier = (cards, observation.lastSeen)
            }
        }
        return entries.sorted { ($0.at, $0.node, $0.address) < ($1.at, $1.node, $1.address) }
    }
}

extension GPUHistoryEntry {
    /// `link x16 → x8`
    package var words: String {
        let way = [before, after].compactMap(\.self).joined(separator: " → ")
        return switch change {
        case .appeared: "appeared"
        case .vanished: "vanished"
        case .moved: "moved: \(way)"
        case .linkNarrower, .linkWider: "link: \(way)"
        case .group: "group: \(way)"
        case .driver: "driver: \(way)"
        }
    }

    package var style: Style {
        switch change {
        case .vanished, .linkNarrower: .bad
        case .moved, .group: .warning
        case .appeared, .linkWider, .driver: .plain
        }
    }
}
