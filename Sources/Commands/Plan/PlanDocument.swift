internal import Fleet

/// `plan --json`: stable, others script against it. `docs/json.md` describes it.
struct PlanDocument: Encodable {
    struct NodeEntry: Encodable {
        struct File: Encodable {
            var path: String
            var diff: String
        }

        var node: NodeName
        var verdict: NodePlan.Verdict
        var reasons: [Reason]
        var files: [File]
        var commands: [String]
        var reboot: Bool
        var guests: [GuestChange]
        var wanted: [WantedFunction]
        var forecast: Forecast?
    }

    var digest: String
    var playbook: String
    var summary: FleetPlan.Summary
    var nodes: [NodeEntry]

    init(_ plan: FleetPlan, digest: ContentDigest) {
        self.digest = digest.description
        playbook = plan.playbook.name
        summary = plan.summary
        nodes = plan.nodes.map(\.plan).map { plan in
            NodeEntry(
                node: plan.node, verdict: plan.verdict, reasons: plan.reasons,
                files: plan.files.map {
                    .init(path: $0.path, diff: UnifiedDiff.render($0))
                },
                commands: plan.commands.map(\.rawValue), reboot: plan.reboot, guests: plan.guests, wanted: plan.wanted,
                forecast: plan.forecast)
        }
    }
}
