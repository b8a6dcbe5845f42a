internal import Engine
internal import Fleet
internal import Forms
internal import Store

/// Drives one roll-out from the command line: shows it, and turns signals into orders to its driver.
struct RolloutRunner {
    var context: Context
    var store: Store
    var ssh: SSHOptions

    /// Keeps a new roll-out of `plan`, then drives it.
    func begin(_ plan: FleetPlan, _ digest: ContentDigest) async throws -> Outcome {
        let id = try await RolloutBeginning(store: store).begin(plan, digest, by: Context.actor)
        context.console.note("rollout \(id)")
        return try await resume(id)
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
