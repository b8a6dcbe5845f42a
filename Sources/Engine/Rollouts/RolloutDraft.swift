public import Fleet
import Foundation
public import Store

/// Makes roll-outs of stored plans.
public enum RolloutDraft {
    /// A roll-out of `plan` that is not kept yet. Fails with `window-too-short` for nodes that fit into no maintenance
    /// window: they would be waited for in vain.
    public static func make(
        of plan: FleetPlan, _ digest: ContentDigest, from store: Store, at time: Timestamp
    ) async throws(FleetError) -> Rollout {
        let zones = try TimeZones.offsets(for: plan.playbook.rollout.windows, from: time)
        let rollout = Rollout(
            id: try freshID(at: time), of: plan, digest: digest, domains: try await domains(of: plan, store),
            zones: zones)
        let shut = rollout.withoutOpening(from: time)
        guard shut.isEmpty else {
            let needed = rollout.settings.longestSeconds(reboots: true) / 60
            throw FleetError(
                "window-too-short",
                "No maintenance window of the next weeks is long enough for \(NameSet.fold(shut)): by its deadlines a node may take \(needed) minutes.",
                advice: "Make a window longer, or return-within and confirm-within shorter.")
        }
        return rollout
    }

    /// Keeps a new roll-out of `plan`, which nobody drives yet. Fails with `window-too-short`, `time-zone-unknown`,
    /// `rollout-overlaps`, and as the store does.
    public static func begin(
        _ plan: FleetPlan, _ digest: ContentDigest, in store: Store, at time: Timestamp, by actor: String
    ) async throws(FleetError) -> RolloutID {
        let rollout = try await make(of: plan, digest, from: store, at: time)
        try await store.create(rollout, overriding: plan.overrides, at: time, by: actor)
        return rollout.id
    }

    private static func domains(
        of plan: FleetPlan, _ store: Store
    ) async throws(FleetError) -> [NodeName: [FailureDomain]] {
        let nodes = Dictionary(try await store.nodes().map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let found = plan.nodes.map { entry in
            let node = nodes[entry.plan.node]
            let domains = node.map {
                FailureDomain.domains(of: $0, cluster: entry.plan.cluster, plan.playbook.rollout)
            }
            return (entry.plan.node, domains ?? [])
        }
        return Dictionary(found, uniquingKeysWith: { first, _ in first })
    }

    /// `20260501-101500-4f2a`: sorts by time, and two controllers do not meet.
    private static func freshID(at time: Timestamp) throws(FleetError) -> RolloutID {
        let digits = Date(timeIntervalSince1970: Double(time.milliseconds) / 1000).formatted(.iso8601)
            .filter(\.isNumber)
        let suffix = String(UInt16.random(in: .min ... .max), radix: 16)
        let text =
            "\(digits.prefix(8))-\(digits.dropFirst(8))-\(String(repeating: "0", count: 4 - suffix.count))\(suffix)"
        guard let id = RolloutID(text) else {
            throw FleetError("clock-absurd", "The clock shows a year that no roll-out can be named by.")
        }
        return id
    }
}
