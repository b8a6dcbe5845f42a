package import Engine
package import Fleet
internal import Store

/// `detect --json`: stable, others script against it. `docs/json.md` describes it.
package struct SweepDocument: Codable, Sendable {
    package struct Entry: Codable, Sendable {
        package var node: NodeName
        package var observed: Bool
        package var changed: Bool
        package var error: FleetError?
    }

    package var sweep: Int64
    package var nodes: [Entry]

    package init(_ summary: SweepSummary, _ names: [NodeName]) {
        sweep = summary.id.rawValue
        nodes = names.map { name in
            Entry(
                node: name, observed: summary.observed.contains(name), changed: summary.changed.contains(name),
                error: summary.failed[name])
        }
    }
}
