package import Fleet

/// `verify --json`: stable, others script against it. `docs/json.md` describes it.
package struct VerifyDocument: Codable, Sendable {
    package struct NodeEntry: Codable, Sendable {
        var node: NodeName
        var verdict: NodeCompliance.Verdict
        var checks: [CheckResult]
    }

    package var nodes: [NodeEntry]

    package init(_ results: [NodeCompliance]) {
        nodes = results.map { NodeEntry(node: $0.node, verdict: $0.verdict, checks: $0.checks) }
    }

    /// What it was made of.
    package var results: [NodeCompliance] { nodes.map { NodeCompliance(node: $0.node, checks: $0.checks) } }
}
