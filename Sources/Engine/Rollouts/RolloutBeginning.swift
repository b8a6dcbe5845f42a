public import Fleet
import Foundation
public import Store

/// Makes roll-outs of kept plans.
public struct RolloutBeginning: Sendable {
    private let store: Store
    private let time: any TimeSource

    public init(store: Store, time: any TimeSource = SystemTime()) {
        self.store = store
        self.time = time
    }

    /// Keeps a new roll-out of `plan`, which nobody drives yet. Fails with `window-too-short`, `time-zone-unknown`,
    /// `rollout-overlaps`, and as the store does.
    public func begin(_ plan: FleetPlan, _ digest: ContentDigest, by actor: String) async throws(FleetError)
        -> RolloutID
    {
        let rollout = try await draft(plan, digest)
        try await store.create(rollout, overriding: plan.overrides, at: time.now(), by: actor)
        return rollout.id
    }

    /// Fails where a roll-out of the plan could do nothing: with `plan-idle`, `compliance-only` and `plan-carried-out`.
    public func refuseUseless(_ plan: FleetPlan, _ digest: ContentDigest) async throws(FleetError) {
        guard !plan.playbook.settings.complianceOnly else {
            throw FleetError(
                "compliance-only", "The playbook \(plan.playbook.name) only observes; it changes nothing.")
        }
        guard plan.summary.change > 0 else { throw .idle(plan) }
        for stored in try await store.rollouts(of: digest) {
            let rollout = stored.rollout
            guard !rollout.isEnded || rollout.nodes.contains(where: { $0.state.result == .verified }) else { continue }
            throw FleetError(
                "plan-carried-out",
                "The roll-out \(rollout.id) \(rollout.isEnded ? "has carried" : "carries") this plan out.",
                advice: "For what is left to do, make a new plan: vfiofleet plan.")
        }
    }

    /// The same, not kept yet.
    func draft(_ plan: FleetPlan, _ digest: ContentDigest) async throws(FleetError) -> Rollout {
        let now = time.now()
        let id = try RolloutID.fresh(at: now)
        let windows = plan.playbook.rollout.windows
        let rollout = Rollout(
            id: id, of: plan, digest: digest, domains: try await domains(of: plan),
            zones: try TimeZones.offsets(for: windows, from: now),
            typical: windows.isEmpty ? nil : TypicalSeconds(try await store.pace(before: id)))
        try refuseWithoutOpening(rollout, now)
        return rollout
    }

    /// A node that fits into no window would be waited for in vain.
    private func refuseWithoutOpening(_ rollout: Rollout, _ now: Timestamp) throws(FleetError) {
        let nodes = rollout.withoutOpening(from: now)
        guard !nodes.isEmpty else { return }
        let needed = rollout.settings.longestSeconds(reboots: true) / 60
        throw FleetError(
            "window-too-short",
            "No maintenance window of the next weeks is long enough for \(NameSet.fold(nodes)): by its deadlines a node may take \(needed) minutes.",
            advice: "Make a window longer, or return-within and confirm-within shorter.")
    }

    private func domains(of plan: FleetPlan) async throws(FleetError) -> [NodeName: [FailureDomain]] {
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
}

extension FleetError {
    fileprivate static func idle(_ plan: FleetPlan) -> FleetError {
        let summary = plan.summary
        let parts = [
            (summary.unchanged, "as wanted"), (summary.blocked, "blocked"), (summary.unreachable, "unreachable"),
        ]
        let words = parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
        return FleetError(
            "plan-idle",
            "The plan changes no node (\(words.isEmpty ? "it has none" : words)), so there is nothing to roll out.",
            advice: "Remove what is in the way, then make a new plan: vfiofleet plan.")
    }
}

extension RolloutID {
    /// `20260501-101500-4f2a`: sorts by time, and two controllers do not meet.
    fileprivate static func fresh(at time: Timestamp) throws(FleetError) -> RolloutID {
        let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1000).ISO8601Format()
        let digits = date.filter(\.isNumber)
        let suffix = String(UInt16.random(in: .min ... .max), radix: 16)
        let text =
            "\(digits.prefix(8))-\(digits.dropFirst(8))-\(String(repeating: "0", count: 4 - suffix.count))\(suffix)"
        guard let id = RolloutID(text) else {
            throw FleetError("rollout-id-invalid", "“\(text)” can't be the id of a roll-out: the clock shows \(date).")
        }
        return id
    }
}
