internal import Engine
internal import Fleet
internal import Foundation
internal import Store

/// Drives one roll-out from the command line: shows it, and turns signals into orders to its driver.
struct RolloutRunner {
    var context: Context
    var store: Store
    var ssh: SSHOptions

    /// Keeps a new roll-out of `plan`, then drives it.
    func begin(_ plan: FleetPlan, _ digest: ContentDigest) async throws -> Outcome {
        let id = try RolloutID.fresh()
        try await store.create(Fleet.Rollout(id: id, of: plan, digest: digest), at: Context.now, by: Context.actor)
        context.console.note("rollout \(id)")
        return try await run(id)
    }

    func run(_ id: RolloutID, order: RolloutControl? = nil) async throws -> Outcome {
        let console = context.console
        let stored = try await store.rollout(id)
        let driver = RolloutDriver(
            store: store, opener: ssh.opener(asking: console.terminal.canAsk), judge: DomainJudge(),
            holder: LeaseHolder(actor: Context.actor))
        let interrupts = Interrupts(console: console, order: order)
        defer { interrupts.end() }
        let rollout = try await RolloutView(total: stored.rollout.nodes.count(where: \.hasWork), console: console)
            .follow { try await driver.drive(id, controls: interrupts.controls, events: $0) }
        console.write(RolloutView.summary(of: rollout, console.terminal))
        if !rollout.isEnded { console.note("Go on with it: vfiofleet rollout resume \(id)") }
        return rollout.outcome
    }
}

extension RolloutID {
    /// `20260501-101500-4f2a`: sorts by time, and two controllers do not meet.
    static func fresh() throws -> RolloutID {
        let digits = Context.now.iso8601.filter(\.isNumber)
        let suffix = String(UInt16.random(in: .min ... .max), radix: 16)
        let text =
            "\(digits.prefix(8))-\(digits.dropFirst(8))-\(String(repeating: "0", count: 4 - suffix.count))\(suffix)"
        guard let id = RolloutID(text) else { throw CocoaError(.formatting) }
        return id
    }
}
