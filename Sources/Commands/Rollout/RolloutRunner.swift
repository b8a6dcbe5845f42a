internal import Engine
internal import Fleet
internal import Forms
internal import Store

/// Has one roll-out driven for the command line: shows it, and turns signals into orders to its driver.
struct RolloutRunner {
    var console: Console
    var controller: any Controller

    /// Keeps a new roll-out of `plan`, then drives it.
    func begin(_ plan: FleetPlan, _ digest: ContentDigest) async throws -> Outcome {
        let id = try await controller.begin(plan, digest, console)
        console.note("rollout \(id)")
        return try await go(id, .begun)
    }

    func resume(_ id: RolloutID) async throws -> Outcome { try await go(id, .resuming) }

    private func go(_ id: RolloutID, _ how: Drive) async throws -> Outcome {
        let rollout = try await drive(id, how)
        if !rollout.isEnded { console.note("Go on with it: vfiofleet rollout resume \(id)") }
        return rollout.outcome
    }

    func abort(_ id: RolloutID) async throws -> Outcome {
        let told = try await tell(.abort, id, until: \.isEnded)
        let rollout = if let told { told } else { try await drive(id, .aborting) }
        let changed = rollout.nodes.filter(\.isChanged).map(\.node)
        if !changed.isEmpty {
            let names = NameSet.fold(changed)
            console.note("What was done to \(names) stays. Take it back with: vfiofleet undo '\(names)'")
        }
        return rollout.abortOutcome
    }

    /// Has the process that drives it finish what is in flight, and waits for that.
    func suspend(_ id: RolloutID) async throws -> Outcome {
        guard let rollout = try await tell(.suspend, id, until: { $0.isEnded || $0.phase == .suspended }) else {
            console.note("Nobody drives \(id) at this moment, so there is nothing to suspend.")
            return .good
        }
        if !rollout.isEnded { console.note("Go on with it: vfiofleet rollout resume \(id)") }
        return .good
    }

    /// Leaves an order to the process that drives a roll-out, and follows it until `settled`. Nil = there is none.
    private func tell(
        _ order: RolloutOrder, _ id: RolloutID, until settled: (Fleet.Rollout) -> Bool
    ) async throws -> Fleet.Rollout? {
        let found = try await controller.rollout(id)
        guard !found.stored.rollout.isEnded, let holder = found.holder else { return nil }
        try await controller.give(order, to: id)
        console.note("Told \(holder.printableLine); it finishes what is in flight.")
        while true {
            let kept = try await controller.rollout(id)
            // A driver that died meanwhile obeys nothing.
            if settled(kept.stored.rollout) || kept.holder == nil {
                guard settled(kept.stored.rollout) else { return nil }
                console.write(RolloutView.summary(of: kept.stored.rollout, console.terminal))
                return kept.stored.rollout
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private func drive(_ id: RolloutID, _ how: Drive) async throws -> Fleet.Rollout {
        let found = try await controller.rollout(id).stored.rollout
        if found.isEnded { console.note("\(id) has ended already; nothing is done.") }
        let progress = console.progress(of: found.nodes.count { $0.hasWork && $0.state.result == nil })
        let (controls, tell) = AsyncStream.makeStream(of: RolloutOrder.self)
        let farewell = controller.farewell
        // A terminal that is closed need not end what goes on without it.
        let interrupts = Interrupts(
            farewell: farewell,
            hangup: controller.goesOnAlone ? { @Sendable () -> Void in Interrupts.leave(farewell) } : nil
        ) {
            tell.yield(.suspend)
            let words = "Finishing what is in flight, then suspended; once more leaves at once."
            Task { await progress.say(words, .warning, evenIfQuiet: true) }
        }
        defer { interrupts.end() }
        let rollout = try await progress.follow(showing: RolloutView.show) { [controller] in
            try await controller.drive(id, how, controls: controls, events: $0)
        }
        console.write(RolloutView.summary(of: rollout, console.terminal))
        return rollout
    }
}
