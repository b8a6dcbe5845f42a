package import Fleet

/// `plan --json`: stable, others script against it. `docs/json.md` describes it.
package struct PlanDocument: Encodable {
    package struct NodeEntry: Encodable {
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
        var evacuation: [GuestDeparture]?
        /// What earlier roll-outs owe the node and this plan gives back; absent = nothing.
        var debt: DebtEntry?
    }

    var digest: String
    var purpose: FleetPlan.Purpose
    var playbook: String
    var rollout: RolloutSettingsDocument
    var summary: FleetPlan.Summary
    /// What is let pass, as `NODE:CODE`; absent = nothing.
    var overrides: [String]?
    var nodes: [NodeEntry]

    package init(_ plan: FleetPlan, digest: ContentDigest) {
        self.digest = digest.description
        purpose = plan.purpose
        playbook = plan.playbook.name
        rollout = RolloutSettingsDocument(plan.playbook.rollout)
        summary = plan.summary
        overrides = plan.overrides.isEmpty ? nil : plan.overrides.map(\.description)
        nodes = plan.nodes.map(\.plan).map { plan in
            NodeEntry(
                node: plan.node, verdict: plan.verdict, reasons: plan.reasons,
                files: plan.files.map {
                    .init(path: $0.path, diff: UnifiedDiff.render($0))
                },
                commands: plan.commands.map(\.rawValue), reboot: plan.reboot, guests: plan.guests, wanted: plan.wanted,
                forecast: plan.forecast, evacuation: plan.evacuation,
                debt: plan.debt.map(DebtEntry.init))
        }
    }
}

/// How a plan goes over the nodes, in the words of a playbook; durations in seconds.
package struct RolloutSettingsDocument: Encodable {
    var canary: Int
    var batch: String?
    var maxUnavailable: String?
    var pause: Int
    var soak: Int?
    var returnWithin: Int
    var confirmWithin: Int?
    /// A number, or a percentage such as `25%`.
    var perCluster: RolloutSettings.Share
    var perLabel: [String: RolloutSettings.Share]
    var failureBudget: Int
    var order: RolloutSettings.Order
    /// Absent when nodes may be begun at any time.
    var windows: [MaintenanceWindow]?

    package init(_ settings: RolloutSettings) {
        canary = settings.canaries
        batch = settings.maxUnavailable == nil ? settings.batch.phrase : nil
        maxUnavailable = settings.maxUnavailable?.phrase
        pause = settings.pauseSeconds
        soak = settings.soakSeconds
        returnWithin = settings.returnWithinSeconds
        confirmWithin = settings.confirmWithinSeconds
        perCluster = settings.perCluster
        perLabel = settings.perLabel
        failureBudget = settings.failureBudget
        order = settings.order
        windows = settings.windows.isEmpty ? nil : settings.windows
    }
}
