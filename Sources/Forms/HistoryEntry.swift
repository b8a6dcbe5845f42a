package import Fleet
internal import Probe
package import Store

/// `show --history --json`: one entry for each run of equal looks.
package struct HistoryEntry: Encodable {
    package var from: String
    package var to: String
    package var changes: [FactChange]

    /// What changed from each look of a node to the next, the oldest first.
    package static func entries(_ observations: [StoredObservation]) -> [HistoryEntry] {
        let outlines = observations.map { FactsOutline(ProbeParser.parse($0.answer.raw)) }
        return observations.indices.map { index in
            HistoryEntry(
                from: observations[index].firstSeen.iso8601, to: observations[index].lastSeen.iso8601,
                changes: index == 0 ? [] : outlines[index].changes(since: outlines[index - 1]))
        }
    }
}
