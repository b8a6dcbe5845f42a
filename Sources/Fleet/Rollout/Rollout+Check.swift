extension Rollout {
    /// What is broken about this value; empty when it is sound. Tests ask after every event, the store after reading.
    public func check() -> [String] {
        checkNodes() + checkWaves() + checkPhase() + nodes.indices.flatMap { checkRun(nodes[$0]) }
    }

    private func checkNodes() -> [String] {
        (positions.count == nodes.count ? [] : ["a node is there twice"])
            + (standing == Standing(nodes) ? [] : ["what is kept about nodes is not what they are"])
    }

    private func checkWaves() -> [String] {
        var found: [String] = []
        let work = nodes.filter(\.hasWork)
        let waves = waves
        for (position, run) in work.enumerated() where run.wave != waves.wave(of: position) {
            found.append("\(run.node) is in wave \(run.wave) instead of \(waves.wave(of: position))")
        }
        for run in work {
            let turn = turn(of: run)
            if run.state.step != nil, turn != wave { found.append("\(run.node) is active in wave \(wave)") }
            if turn < wave, run.state.result == nil || run.state.result == .held {
                found.append("\(run.node) was overtaken")
            }
            if turn > wave, run.state != .queued, run.state.result != .held, run.state.result != .skipped {
                found.append("\(run.node) went before its wave")
            }
        }
        let active = nodes.filter { $0.state.step != nil }
        let limit = waves.limit(in: wave)
        if active.count > limit { found.append("\(active.count) nodes are active where \(limit) may be") }
        let domains = Dictionary(grouping: active.flatMap(\.domains), by: \.self)
        for (domain, nodes) in domains where nodes.count > settings.limit(of: domain) {
            found.append("\(nodes.count) nodes of \(domain.label ?? "cluster") \(domain.value) are active")
        }
        return found
    }

    private func checkPhase() -> [String] {
        let active = nodes.contains { $0.state.step != nil }
        let queued = nodes.contains { $0.state == .queued }
        let bad = nodes.contains { $0.state.result?.isGood == false }
        let spent = isBudgetSpent
        let held = nodes.contains { $0.state.result == .held }
        var found: [String] = []
        func demand(_ holds: Bool, _ message: String) { if !holds { found.append("\(phase): \(message)") } }
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
            demand(!settings.windows.isEmpty, "there is no window to wait for")
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

    private func checkRun(_ run: NodeRun) -> [String] {
        var found: [String] = []
        func demand(_ holds: Bool, _ message: String) { if !holds { found.append("\(run.node): \(message)") } }
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
        return found
    }

    private func fits(_ step: NodeStep, _ run: NodeRun) -> Bool {
        switch step {
        case .rebuilding(let index): run.work.commands.indices.contains(index)
        case .settingGuest(let index): run.work.guests.indices.contains(index)
        case .rebooting(let boot), .awaitingReturn(let boot, _): run.work.reboots && run.bootBefore == boot
        case .relocking, .provingBoot: run.work.reboots && run.bootAfter != nil
        case .arming: isGuarded(run)
        case .holdingCluster: run.work.reboots && run.hold != nil
        case .releasingCluster, .awaitingHome: run.hold?.isBegun == true
        case .notingGuests: run.work.evacuates
        case .evacuating(let index): run.work.evacuates && run.stays?.departures.indices.contains(index) == true
        case .returning(let index, _): run.work.evacuates && run.stays?.indices.contains(index) == true
        case .confirming(let boot, _): isGuarded(run) && run.bootAfter == boot
        case .awaitingRevert: isGuarded(run) && run.bootBefore != nil
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
