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
        let windows = plan.playbook.rollout.windows
        let zones = try TimeZones.offsets(for: windows, from: Context.now)
        let typical = windows.isEmpty ? nil : TypicalSeconds(try await store.pace(before: id))
        let rollout = Fleet.Rollout(
            id: id, of: plan, digest: digest, domains: try await domains(of: plan), zones: zones, typical: typical)
        try refuseWithoutOpening(rollout)
        try await store.create(rollout, overriding: plan.overrides, at: Context.now, by: Context.actor)
        context.console.note("rollout \(id)")
        return try await resume(id)
    }

    /// A node that fits into no window would be waited for in vain.
    private func refuseWithoutOpening(_ rollout: Fleet.Rollout) throws {
        let nodes = rollout.withoutOpening(from: Context.now)
        guard !nodes.isEmpty else { return }
        let needed = rollout.settings.longestSeconds(reboots: true) / 60
        throw FleetError(
            "window-too-short",
            "No maintenance window of the next weeks is long enough for \(NameSet.fold(nodes)): by its deadlines a node may take \(needed) minutes.",
            advice: "Make a window longer, or return-within and confirm-within shorter.")
    }

    private func domains(of plan: FleetPlan) async throws -> [NodeName: [FailureDomain]] {
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

    func resume(_ id: RolloutID) async throws -> Outcome {
        let rollout = try await drive(id)
        if !rollout.isEnded { context.console.note("Go on with it: vfiofleet rollout resume \(id)") }
        return rollout.outcome
    }

    func abort(_ id: RolloutID) async throws -> Outcome {
        let told = try await tell(.abort, id, until: \.isEnded)
        let rollout = if let told { told } else { try await drive(id, aborting: true) }
        let changed = rollout.nodes.filter(\.isChanged).map(\.node)
        if !changed.isEmpty {
            let names = NameSet.fold(changed)
            context.console.note("What was done to \(names) stays. Take it back with: vfiofleet undo '\(names)'")
        }
        return rollout.abortOutcome
    }

    /// Has the process that drives it finish what is in flight, and waits for that.
    func suspend(_ id: RolloutID) async throws -> Outcome {
        guard let rollout = try await tell(.suspend, id, until: { $0.isEnded || $0.phase == .suspended }) else {
            context.console.note("Nobody drives \(id) at this moment, so there is nothing to suspend.")
            return .good
        }
        if !rollout.isEnded { context.console.note("Go on with it: vfiofleet rollout resume \(id)") }
        return .good
    }

    /// Leaves an order to the process that drives a roll-out, and follows it until `settled`. Nil = there is none.
    private func tell(
        _ order: RolloutOrder, _ id: RolloutID, until settled: (Fleet.Rollout) -> Bool
    ) async throws -> Fleet.Rollout? {
        guard try await !store.rollout(id).rollout.isEnded, let holder = try await holder(of: id) else {
            return nil
        }
        try await store.give(order, to: id, at: Context.now, by: Context.actor)
        context.console.note("Told \(holder.printableLine); it finishes what is in flight.")
        while true {
            let rollout = try await store.rollout(id).rollout
            // A driver that died meanwhile obeys nothing.
            let isAlone = try await self.holder(of: id) == nil
            if settled(rollout) || isAlone {
                guard settled(rollout) else { return nil }
                context.console.write(RolloutView.summary(of: rollout, context.console.terminal))
                return rollout
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private func holder(of id: RolloutID) async throws -> String? {
        try await RolloutDriver.holder(of: id, in: store, at: Context.now)
    }

    private func drive(_ id: RolloutID, aborting: Bool = false) async throws -> Fleet.Rollout {
        let console = context.console
        let stored = try await store.rollout(id)
        if stored.rollout.isEnded { console.note("\(id) has ended already; nothing is done.") }
        let driver = RolloutDriver(
            store: store, opener: ssh.opener(asking: console.canAsk), judge: DomainJudge(),
            holder: LeaseHolder(actor: Context.actor))
        let progress = console.progress(of: stored.rollout.nodes.count { $0.hasWork && $0.state.result == nil })
        let (controls, tell) = AsyncStream.makeStream(of: RolloutOrder.self)
        let interrupts = Interrupts(
            farewell: "Left. What is under way on the nodes goes on; vfiofleet rollout resume looks there first."
        ) {
            tell.yield(.suspend)
            let words = "Finishing what is in flight, then suspended; once more leaves at once."
            Task { await progress.say(words, .warning, evenIfQuiet: true) }
        }
        defer { interrupts.end() }
        let rollout = try await progress.follow(showing: RolloutView.show) {
            try await driver.drive(id, aborting: aborting, controls: controls, events: $0)
        }
        console.write(RolloutView.summary(of: rollout, console.terminal))
        return rollout
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
