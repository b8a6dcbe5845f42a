internal import Fleet
internal import Forms

/// `verify --json`: stable, others script against it. `docs/json.md` describes it.
struct VerifyDocument: Encodable {
    struct NodeEntry: Encodable {
        var node: NodeName
        var verdict: NodeCompliance.Verdict
        var checks: [CheckResult]
    }

    var nodes: [NodeEntry]

    init(_ results: [NodeCompliance]) {
        nodes = results.map { NodeEntry(node: $0.node, verdict: $0.verdict, checks: $0.checks) }
    }
}
