package import Fleet
internal import Foundation
internal import Probe
package import Store

/// What the store knows of the cards of many nodes.
package struct GPUSurvey {
    package struct Host {
        package var node: NodeName
        package var seen: Timestamp
        /// What the cards were read in.
        package var answer: ContentDigest
        package var cards: [GPUReport]
        /// Only where they were asked for: those of a large fleet fill the memory.
        package var facts: NodeFacts?
    }

    package var hosts: [Host] = []
    /// Nodes that were never observed.
    package var unseen: [NodeName] = []

    package var cards: [GPUReport] { hosts.flatMap(\.cards) }

    /// So many nodes' answers are in memory at once.
    private static let chunk = 64

    package static func read(_ nodes: [NodeName], from store: Store, keepingFacts: Bool) async throws -> GPUSurvey {
        var survey = GPUSurvey()
        for start in stride(from: 0, to: nodes.count, by: chunk) {
            let part = nodes[start..<min(start + chunk, nodes.count)]
            let seen = try await store.latestObservations(of: Array(part))
            for node in part {
                guard let observation = seen[node] else {
                    survey.unseen.append(node)
                    continue
                }
                let facts = ProbeParser.parse(observation.answer.raw)
                survey.hosts.append(
                    Host(
                        node: node, seen: observation.lastSeen, answer: observation.answer.digest,
                        cards: GPUReport.cards(of: node, facts, judged: true),
                        facts: keepingFacts ? facts : nil))
            }
        }
        survey.nameTheUnnamed()
        return survey
    }

    /// Nodes with an old PCI ID database do not know new cards; the controller's may.
    private mutating func nameTheUnnamed() {
        let names = PCIDatabase.names(of: Set(cards.filter(\.isUnnamed).map(\.id)))
        for host in hosts.indices {
            for card in hosts[host].cards.indices where hosts[host].cards[card].isUnnamed {
                guard let name = names?.name(of: hosts[host].cards[card].id) else { continue }
                hosts[host].cards[card].name = name
            }
        }
    }
}

/// What reads cards in answers: this program, with the PCI ID database of this machine.
package enum CardReader {
    /// Another one where the program or the database is another: what they say of the same answer may be, too.
    package static let present: String = {
        ([Bundle.main.executablePath] + PCIDatabase.paths).compactMap(\.self).compactMap { path in
            guard let file = try? FileManager.default.attributesOfItem(atPath: path),
                let changed = file[.modificationDate] as? Date, let size = file[.size] as? Int
            else { return nil }
            return "\(Int64(changed.timeIntervalSince1970 * 1000))/\(size)"
        }.joined(separator: " ")
    }()
}

/// The PCI ID database of the controller.
package enum PCIDatabase {
    fileprivate static let paths = [
        "/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids", "/var/lib/pciutils/pci.ids",
    ]

    /// Nil when there is no database, or nothing to be named.
    package static func names(of ids: Set<PCIID>) -> PCINames? {
        guard !ids.isEmpty else { return nil }
        let database = paths.lazy.compactMap { FileManager.default.contents(atPath: $0) }.first
        return database.map { PCINames([UInt8]($0), of: ids) }
    }
}
