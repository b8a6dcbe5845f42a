public import Fleet

/// A plan as it is listed.
public struct PlanSummary: Hashable, Sendable {
    public var digest: ContentDigest
    public var purpose: FleetPlan.Purpose
    public var playbook: String
    public var createdAt: Timestamp
    /// How many nodes got which verdict.
    public var verdicts: [NodePlan.Verdict: Int]
}
