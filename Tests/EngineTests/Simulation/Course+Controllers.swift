import Engine
import Fleet
import Logging

/// The processes that drive, one after the other or at the same time.
extension Course {
    func begin(skew: Int, aborting: Bool = false) {
        lastController += 1
        let controller = SimulatedController(
            number: lastController, skew: skew, isLocal: isLocal, hasDatabase: hasDatabase)
        controllers.append(controller)
        executors.append(controller.executor)
        note("begins", controller)
        let driver = RolloutDriver(
            store: SimulatedStore(course: self, controller: controller),
            opener: SimulatedOpener(course: self, controller: controller), judge: domain, holder: controller.holder,
            time: SimulatedTime(course: self, controller: controller), logger: Self.logger)
        let id = fleet.rollout
        controller.task = Task(executorPreference: controller.executor) {
            let result: Result<Rollout, FleetError>
            do throws(FleetError) {
                result = .success(try await driver.drive(id, aborting: aborting, controls: controller.controls))
            } catch { result = .failure(error) }
            self.ended(controller, result)
        }
    }

    static let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

    func ended(_ controller: SimulatedController, _ result: Result<Rollout, FleetError>) {
        let wasAlive = controller.isAlive
        controller.hasEnded()
        controllers.removeAll { $0 === controller }
        guard wasAlive else { return }
        switch result {
        case .success(let rollout):
            note("ends: \(rollout.phase.word)", controller)
            if rollout != fleet.kept, !hasOthers { flaw("the driver returns what is not kept") }
            guard rollout.isEnded else { return beginAgain(controller, in: 0...200, aborting: chance(6)) }
            for other in controllers where other.isStopped { goOn(other) }
        case .failure(let error):
            note("ends: \(error.code)", controller)
            switch error.code {
            case "lease-lost", "lease-held", "rollout-journal-conflict":
                if !hasOthers { beginAgain(controller, in: 5...60) }
            default: flaw("the driver fails: \(error)")
            }
        }
    }

    var hasOthers: Bool { controllers.contains(where: \.isAlive) }

    func beginAgain(
        _ controller: SimulatedController, in seconds: ClosedRange<Int>, skewed: Int = 0, aborting: Bool = false
    ) {
        let skew = controller.skew + (skewed == 0 ? 0 : draw(-skewed...skewed))
        add(in: draw(seconds)) { [unowned self] in
            if !hasOthers { begin(skew: skew, aborting: aborting) }
        }
    }

    func kill(_ controller: SimulatedController) {
        guard controller.isAlive else { return }
        note("dies", controller)
        controller.kill()
        do { try (ledger as? MemoryLedger)?.read(expecting: fleet.kept) } catch {
            flaw("it can't be read again: \(error)")
        }
        // The clock of another machine may differ.
        beginAgain(controller, in: 0...120, skewed: 30)
        letThingsHappenMeanwhile()
    }

    /// Kills it after some more of what it has begun.
    func doom(_ controller: SimulatedController) {
        doomed = (controller, draw(1...30))
    }

    func meetDoom(_ executor: HeldExecutor) {
        guard caller == nil, let doom = doomed, doom.controller.executor === executor else { return }
        doomed?.jobs -= 1
        guard doom.jobs <= 1 else { return }
        doomed = nil
        kill(doom.controller)
    }

    func goOn(_ controller: SimulatedController) {
        note("goes on", controller)
        controller.goOn()
    }

    // MARK: - Its database

    func storeDelay() -> Int? { chance(8) ? draw(0...2) : nil }

    func beginCall(on executor: HeldExecutor) {
        guard hasDatabase else { return }
        precondition(caller == nil, "one call at a time")
        caller = (executor, executor.count)
    }

    func endCall() { caller = nil }

    func death(at event: RolloutEvent) -> Death? {
        events += 1
        return deaths[events]
    }

    func journalled(_ event: RolloutEvent, _ rollout: Rollout) {
        note(event.kind)
        let before = fleet.kept
        fleet.kept = rollout
        if case .finished(_, .reviewed(let review)) = event.kind {
            fleet.renounced += review.notes.filter { $0.contains("by now") }.joined()
        }
        broken += rollout.check()
        broken += fleet.watch.flaws(from: before, to: rollout, at: event)
        broken += fleet.flaws(ofEnded: rollout)
        if case .waiting(let until) = rollout.phase, before.phase != rollout.phase {
            letThingsHappen(after: max(0, until.seconds - event.at.seconds))
        }
    }
}
