extension Rollout {
    /// What is broken about this value; empty when it is sound. Tests ask after every event, the store after reading.
    public func check() -> [String] {
        var found = checkNodes() + checkWaves() + checkPhase()
        for run in nodes { checkRun(run, &found) }
        return found
    }

    private func checkNodes() -> [String] {
        (positions.count == nodes.count ? [] : ["a node is there twice"])
            + (standing == Standing(nodes) ? [] : ["what is kept about nodes is not what they are"])
    }

    private func checkWaves() -> [String] {
        var found: [String] = []
        let waves = waves
        var (position, active, shared) = (0, 0, [FailureDomain: Int]())
        for run in nodes where run.hasWork {
            let wanted = waves.wave(of: position)
            position += 1
            if run.wave != wanted { found.append("\(run.node) is in wave \(run.wave) instead of \(wanted)") }
            checkTurn(run, &found)
            guard run.state.step != nil else { continue }
            active += 1
            for domain in run.domains { shared[domain, default: 0] += 1 }
        }
        let limit = waves.limit(in: wave)
        if active > limit { found.append("\(active) nodes are active where \(limit) may be") }
        for (domain, count) in shared where count > limits[domain] {
            found.append("\(count) nodes of \(domain.label ?? "cluster") \(domain.value) are active")
        }
        return found
    }

    private func checkTurn(_ run: NodeRun, _ found: inout [String]) {
        let turn = turn(of: run)
        if turn == wave { return }
        if run.state.step != nil { found.append("\(run.node) is active in wave \(wave)") }
        let result = run.state.result
        if turn < wave, result == nil || result == .held { found.append("\(run.node) was overtaken") }
        if turn > wave, run.state != .queued, result != .held, result != .skipped {
            found.append("\(run.node) went before its wave")
        }
    }

    private func checkPhase() -> [String] {
        let spent = isBudgetSpent
        var (active, queued, bad, held) = (false, false, false, false)
        for run in nodes {
            switch run.state {
            case .queued: queued = true
            case .active: active = true
            case .ended(.held): held = true
            case .ended(let result): if !result.isGood { bad = true }
            case .leftAlone: break
            }
        }
        var found: [String] = []
        func demand(_ holds: Bool, _ message: @autoclosure () -> String) {
            if !holds { found.append("\(phase): \(message())") }
        }
        switch phase {
        case .ready:
            demand(
                nodes.allSatisfy { $0.state == .queued || $0.state == .ended(.skipped) || !$0.hasWork },
                "something was done already")
        case .running: demand(active && !spent && !held, "no node is active, or too many have failed")
        case .pausing:
            demand(!active && queued && !spent && !held, "a node is active, too many failed, or none is left")
        case .waiting:
            demand(!active && queued && !spent && !held, "a node is active, too many failed, or none is left")
            demand(!settings.windows.isEmpty || !elsewhere.isEmpty, "there is nothing to wait for")
        case .draining: demand(active && !spent, "no node is active, or too many have failed")
        case .suspended: demand(!active && queued && !spent, "a node is active, too many failed, or none is left")
        case .stopping: demand(active, "no node is active")
        case .ended(.completed): demand(!active && !queued && !bad && !held, "not every node is verified")
        case .ended(.completedWithFailures):
            demand(!active && !queued && bad && !spent && !held, "a node has not ended, none failed, or too many did")
        case .ended(.stopped): demand(!active && !queued, "a node has not ended")
        }
        return found
    }

    private func checkRun(_ run: NodeRun, _ found: inout [String]) {
        func demand(_ holds: Bool, _ message: @autoclosure () -> String) {
            if !holds { found.append("\(run.node): \(message())") }
        }
        demand(run.retries <= Self.patience, "retried \(run.retries) times")
        demand(run.bootAfter == nil || run.bootAfter != run.bootBefore, "its reboot is proven by the same boot")
        if let step = run.state.step {
            demand(run.attempt > 0, "its step was never issued")
            demand(fits(step, run), "the step \(step.name) does not fit its work")
        }
        if case .reverted = run.state.result { demand(run.revert != nil, "reverted without the node's word") }
        if run.state.result?.isGood == true {
            demand(run.stays?.allSatisfy(\.isBack) ?? true, "ended well, and not all guests are back")
            demand(run.hold?.isSettled ?? true, "ended well, and its cluster is not as before")
        }
        if run.state.result == .verified, run.work.reboots {
            demand(run.bootBefore != nil && run.bootAfter != nil, "verified without a proven reboot")
        }
    }

    private func fits(_ step: NodeStep, _ run: NodeRun) -> Bool {
        switch step {
        case .rebuilding(let index): run.work.commands.indices.contains(index)
        case .settingGuest(let index): run.work.guests.indices.contains(index)
        case .resettingGuest(let index, _): run.work.setsGuestsFirst && run.work.guests.indices.contains(index)
        case .rebooting(let boot), .awaitingReturn(let boot, _): run.work.reboots && run.bootBefore == boot
        case .relocking, .provingBoot: run.work.reboots && run.bootAfter != nil
        case .reviewingDebt: run.debt != nil
        case .arming: isGuarded(run)
        case .holdingCluster: run.work.reboots && run.hold != nil
        case .releasingCluster, .awaitingHome: run.hold?.isBegun == true
        case .notingGuests: run.work.evacuates
        case .evacuating(let index): run.work.evacuates && run.stays?.departures.indices.contains(index) == true
        case .returning(let index, _): run.stays?.indices.contains(index) == true
        case .confirming(let boot, _): isGuarded(run) && run.bootAfter == boot
        case .awaitingRevert: isGuarded(run)
        case .writing: run.work.writesFiles
        case .recovering(.recovering, _), .recovering(.unlocking, _), .recovering(.awaitingReturn, _),
            .recovering(.awaitingRevert, _):
            false
        case .recovering(let inner, _): fits(inner, run)
        case .unlocking(then: .verified) where run.work.reboots: run.bootAfter != nil
        default: true
        }
    }
}
