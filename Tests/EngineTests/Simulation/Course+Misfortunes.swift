import Engine
import Fleet

/// What happens to the fleet and to controllers.
extension Course {
    func add(_ misfortune: Misfortune, in seconds: Int) {
        let at = fleet.now + seconds
        misfortuneTimes.insert(at, at: misfortuneTimes.firstIndex { $0 > at } ?? misfortuneTimes.count)
        add(in: seconds) { [unowned self] in suffer(misfortune) }
    }

    func suffer(_ misfortune: Misfortune) {
        guard !fleet.kept.isEnded else { return }
        note(misfortune)
        let driving = controllers.first { $0.isAlive && !$0.isStopped }
        switch misfortune {
        case .crash: if let driving { kill(driving) }
        case .order(let order): give(order, driving)
        case .clockJumps(let seconds): driving?.skew += seconds
        case .losesPower(let node): fleet.with(node) { $0.losePower(at: fleet.now) }
        case .losesNetwork(let node, let seconds): fleet.with(node) { $0.loseNetwork(until: fleet.now + seconds) }
        case .strangerFails(let cluster): fleet.watch.stranger(of: cluster, isDown: true, at: fleet.now)
        case .strangerReturns(let cluster): fleet.watch.stranger(of: cluster, isDown: false, at: fleet.now)
        case .guestStarts(let node): fleet.guests.startSome(on: node, at: fleet.now)
        case .flagVanishes(let node): fleet.with(node) { $0.loseFlag(at: fleet.now) }
        case .rival: if let driving, !isLocal { begin(skew: driving.skew + draw(-20...20)) }
        case .stops(let seconds): if let driving, !isLocal { stop(driving, for: seconds) }
        }
    }

    /// By its own terminal, or by the database.
    func give(_ order: RolloutOrder, _ driving: SimulatedController?) {
        if case .retry(let node) = order, chance(2) { fleet.with(node) { $0.mend(at: fleet.now) } }
        if let driving, chance(2) {
            driving.tell.yield(order)
        } else {
            let (ledger, id, time) = (ledger, fleet.rollout, Timestamp(milliseconds: Int64(fleet.now) * 1000))
            Task(executorPreference: operators) {
                self.beginCall(on: self.operators)
                defer { self.endCall() }
                try? await ledger.give(order, to: id, at: time, by: "operator")
            }
        }
    }

    /// The process is stopped; another one takes over when it can, and the first one goes on some time.
    func stop(_ controller: SimulatedController, for seconds: Int) {
        controller.stop()
        add(in: draw(1...120)) { [unowned self] in
            if controller.isStopped, !controllers.contains(where: { $0.isAlive && !$0.isStopped }) {
                begin(skew: controller.skew + draw(-20...20))
            }
        }
        add(in: seconds) { [unowned self] in if controller.isAlive, controller.isStopped { goOn(controller) } }
    }

    /// What happens by chance happens early, and after a long wait for a window all would go well.
    func letThingsHappen(after wait: Int) {
        guard !isGentle, chance(3) else { return }
        add(.crash, in: wait + draw(1...900))
        add(.clockJumps(draw(-20_000...20_000)), in: wait / 2)
        if let node = pick(fleet.kept.nodes)?.node {
            add(.order(.retry(node)), in: wait + draw(1...3000))
        }
    }

    /// Misfortunes seldom come alone: nobody looks while no controller is there.
    func letThingsHappenMeanwhile() {
        let active = fleet.kept.nodes.filter { $0.state.step != nil }
        guard !isGentle, chance(2), let node = pick(active)?.node else { return }
        let cluster = fleet.cluster(of: node)
        if let cluster, chance(2) { add(.strangerFails(cluster), in: 1) } else { add(.guestStarts(node), in: 1) }
    }
}
