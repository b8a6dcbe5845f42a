import Engine
import Fleet
import Logging
import Remote
import Store
import TestSupport

/// One course of a roll-out over a simulated fleet: the real driver in virtual time. Which of the tasks that are ready goes
/// on next, and everything that may happen to the fleet and to controllers, is drawn from one source: one seed, one course.
///
/// All of it runs on the thread that calls `run`; only a database works on another one, and nothing goes on meanwhile.
final class Course: @unchecked Sendable {
    let fleet: FleetModel
    let ledger: any SimulatedLedger
    /// The roll-out before it began.
    let first: Rollout
    let isGentle: Bool
    private let domain: SimulatedDomain
    private let deaths: [Int: Death]
    private var random: SeededNumbers
    /// How much longer than it should a wait may last: 1 = not at all.
    private let slowness: Int
    /// All controllers are processes of one machine, of which one knows when another is dead.
    private let isLocal: Bool
    private var misfortuneTimes: [Int] = []
    private var controllers: [SimulatedController] = []
    private let operators: HeldExecutor
    private let hasDatabase: Bool
    private var queue: [Item] = []
    private var lastItem = 0
    private var lastController = 0
    /// Who has asked the database for something, and how many of its jobs were ready then.
    private var caller: (executor: HeldExecutor, ready: Int)?
    private var events = 0
    private var doomed: (controller: SimulatedController, jobs: Int)?
    private var steps = 0
    /// What happened; kept as values, because writing them down takes longer than all else.
    private var notes: [(at: Int, what: any Sendable)] = []
    private(set) var broken: [String] = []

    /// What happened, a line each: two runs of one seed have the same.
    var trace: [String] { notes.map { "\($0.at) \($0.what)" } }

    private struct Item {
        var at: Int
        var number: Int
        var happen: () -> Void
    }

    private struct Named: Sendable, CustomStringConvertible {
        let controller: Int
        let what: any Sendable
        var description: String { "controller \(controller): \(what)" }
    }

    init(_ setup: SimulationSetup, _ random: SeededNumbers, ledger: any SimulatedLedger) {
        var random = random
        fleet = FleetModel(setup)
        first = setup.rollout
        self.ledger = ledger
        hasDatabase = !(ledger is MemoryLedger)
        operators = HeldExecutor(isShared: hasDatabase)
        isGentle = setup.isGentle
        domain = SimulatedDomain(
            plans: Dictionary(setup.plan.nodes.map { ($0.plan.node, $0.plan) }, uniquingKeysWith: { first, _ in first }))
        deaths = Death.byChance(&random)
        slowness = [1, 8, 15, 20].randomElement(using: &random) ?? 1
        isLocal = Bool.random(using: &random)
        let misfortunes = Misfortune.byChance(setup, &random)
        self.random = random
        for (at, misfortune) in misfortunes { add(misfortune, in: at) }
    }

    // MARK: - The loop

    /// Runs it to its end, or to the first thing that must not be.
    func run() {
        begin(skew: 0)
        while !isOver {
            gather()
            guard broken.isEmpty else { break }
            steps += 1
            guard steps < 400_000 else { return flaw("it does not end: \(fleet.kept.phase)") }
            if runReadyJob() { continue }
            guard let item = queue.popLast() else {
                flaw("nothing happens any more: \(fleet.kept.phase)")
                break
            }
            fleet.now = max(fleet.now, item.at)
            item.happen()
        }
        gather()
        unwind()
        if broken.isEmpty { judgeEnd() }
    }

    private var isOver: Bool { controllers.isEmpty && fleet.kept.isEnded }

    private func gather() { if !fleet.broken.isEmpty { broken += fleet.takeBroken() } }

    private func flaw(_ text: String) { broken.append(text) }

    private func runReadyJob() -> Bool {
        if let caller {
            // A database works on another thread, and all else waits for it: what comes is what it was asked for.
            caller.executor.wait(beyond: caller.ready)
            caller.executor.run(caller.executor.count - 1)
            meetDoom(caller.executor)
            return true
        }
        var count = operators.count
        for controller in controllers { count += controller.readyCount }
        guard count > 0 else { return false }
        var place = count == 1 ? 0 : Int.random(in: 0..<count, using: &random)
        for controller in controllers {
            let own = controller.readyCount
            if place < own {
                controller.executor.run(place)
                meetDoom(controller.executor)
                return true
            }
            place -= own
        }
        operators.run(place)
        return true
    }

    /// Kills what is left, and lets their tasks come to their end.
    private func unwind() {
        for controller in controllers { controller.kill() }
        while controllers.contains(where: { !$0.isGone }) {
            for controller in controllers where controller.executor.count > 0 { controller.executor.run(0) }
        }
        controllers = []
    }

    // MARK: - Time

    func clock(of controller: SimulatedController) -> Timestamp {
        Timestamp(milliseconds: Int64(fleet.now + controller.skew) * 1000)
    }

    private func add(in seconds: Int, _ happen: @escaping () -> Void) {
        lastItem += 1
        let item = Item(at: fleet.now + seconds, number: lastItem, happen: happen)
        var (low, high) = (0, queue.count)
        while low < high {
            let middle = (low + high) / 2
            if queue[middle].at > item.at { low = middle + 1 } else { high = middle }
        }
        queue.insert(item, at: low)
    }

    /// False = it was interrupted. `happen` happens in any case.
    func wait(
        _ controller: SimulatedController, for seconds: Int, _ happen: @escaping () -> Void = {}
    ) async -> Bool {
        lastItem += 1
        let id = lastItem
        return await controller.wait(id) {
            add(in: seconds) {
                happen()
                controller.end(id, true)
            }
        }
    }

    /// How long a wait lasts that is to last so many seconds: machines are slow, and one on which nothing is to be done for
    /// hours sleeps too.
    func delayed(_ seconds: Int, _ controller: SimulatedController) -> Int {
        if case .waiting(let until) = fleet.kept.phase {
            let wait = until.seconds - clock(of: controller).seconds
            let next = misfortuneTimes.first { $0 > fleet.now }.map { $0 + 1 - fleet.now } ?? wait
            return max(seconds, min(wait, next))
        }
        guard slowness > 1, seconds <= 10 else { return seconds }
        let longest =
            switch seconds {
            // Looks for orders.
            case 1: slowness * 4
            // Signs of life, which come in time where somebody waits for them.
            case 10: isLocal ? 10 * slowness : 25
            default: slowness * seconds
            }
        return Int.random(in: seconds...longest, using: &random)
    }

    private func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }

    // MARK: - Controllers

    private func begin(skew: Int, aborting: Bool = false) {
        lastController += 1
        let controller = SimulatedController(number: lastController, skew: skew, isLocal: isLocal, hasDatabase: hasDatabase)
        controllers.append(controller)
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

    private static let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

    private func ended(_ controller: SimulatedController, _ result: Result<Rollout, FleetError>) {
        let wasAlive = controller.isAlive
        controller.hasEnded()
        controllers.removeAll { $0 === controller }
        guard wasAlive else { return }
        switch result {
        case .success(let rollout):
            note("ends: \(rollout.phase.word)", controller)
            if rollout != fleet.kept, !hasOthers { flaw("the driver returns what is not kept") }
            guard rollout.isEnded else { return beginAgain(controller, in: 0...200) }
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

    private var hasOthers: Bool { controllers.contains(where: \.isAlive) }

    private func beginAgain(_ controller: SimulatedController, in seconds: ClosedRange<Int>, skewed: Int = 0) {
        let skew = controller.skew + (skewed == 0 ? 0 : Int.random(in: -skewed...skewed, using: &random))
        add(in: Int.random(in: seconds, using: &random)) { [unowned self] in
            if !hasOthers { begin(skew: skew) }
        }
    }

    func kill(_ controller: SimulatedController) {
        guard controller.isAlive else { return }
        note("dies", controller)
        controller.kill()
        do { try (ledger as? MemoryLedger)?.read(expecting: fleet.kept) } catch { flaw("it can't be read again: \(error)") }
        // The clock of another machine may differ.
        beginAgain(controller, in: 0...120, skewed: 30)
        letThingsHappenMeanwhile()
    }

    /// Misfortunes seldom come alone: nobody looks while no controller is there.
    private func letThingsHappenMeanwhile() {
        let active = fleet.kept.nodes.filter { $0.state.step != nil }
        guard !isGentle, chance(2), let node = active.randomElement(using: &random)?.node else { return }
        let cluster = fleet.cluster(of: node)
        add(cluster.map { chance(2) ? .strangerFails($0) : .guestStarts(node) } ?? .guestStarts(node), in: 1)
    }

    /// Kills it after some more of what it has begun.
    func doom(_ controller: SimulatedController) {
        doomed = (controller, Int.random(in: 1...30, using: &random))
    }

    private func meetDoom(_ executor: HeldExecutor) {
        guard caller == nil, let doom = doomed, doom.controller.executor === executor else { return }
        doomed?.jobs -= 1
        guard doom.jobs <= 1 else { return }
        doomed = nil
        kill(doom.controller)
    }

    private func goOn(_ controller: SimulatedController) {
        note("goes on", controller)
        controller.goOn()
    }

    // MARK: - Its database

    func storeDelay() -> Int? { chance(8) ? Int.random(in: 0...2, using: &random) : nil }

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
        broken += rollout.check()
        broken += fleet.watch.flaws(from: before, to: rollout, at: event)
        broken += fleet.flaws(ofEnded: rollout)
        if case .waiting(let until) = rollout.phase, before.phase != rollout.phase {
            letThingsHappen(after: max(0, until.seconds - event.at.seconds))
        }
    }

    private func note(_ what: any Sendable) { notes.append((fleet.now, what)) }
    private func note(_ what: any Sendable, _ controller: SimulatedController) {
        note(Named(controller: controller.number, what: what))
    }

    // MARK: - Its fleet

    func connect(_ controller: SimulatedController, to node: NodeName) throws(NodeFailure) -> Int {
        guard controller.isAlive, !Task.isCancelled else { throw .unreachable(node, .cancelled) }
        let boot = fleet.with(node, isLook: true) { $0.answers(fleet.now) ? $0.boot : nil }
        guard let boot else { throw .unreachable(node, .connectTimedOut) }
        return boot
    }

    private struct Order: Sendable, CustomStringConvertible {
        let line: SimulatedLine
        let word: String
        let code: String
        var description: String { "controller \(line.controller.number) to \(line.node): \(word), \(code)" }
    }

    /// Sends an order, or a look, and has it carried out when it arrives. It may get lost on the way, and so may its answer.
    func order<Value: Sendable>(
        _ word: String, _ line: SimulatedLine, isLook: Bool,
        _ body: @escaping (inout SimulatedMember, FleetModel) throws(FleetError) -> Value
    ) async throws(NodeFailure) -> Value {
        let (controller, node) = (line.controller, line.node)
        guard controller.isAlive, !Task.isCancelled else { throw .unreachable(node, .cancelled) }
        let loss = isGentle ? 2 : Int.random(in: 0..<80, using: &random)
        let delay = Int.random(in: 0...3, using: &random)
        var result: Result<Value, NodeFailure>?
        let arrive = { [unowned self] in
            // What a dead controller had sent may still arrive; looks are its own.
            if !controller.isAlive, isLook || chance(2) { return }
            let outcome: Result<Value, NodeFailure> =
                loss == 0 ? .failure(.unreachable(node, .connectionLost)) : carryOut(line, isLook, body)
            note(Order(line: line, word: word, code: outcome.code))
            result = loss == 1 ? .failure(.unreachable(node, .connectionLost)) : outcome
        }
        if delay == 0 { arrive() } else { _ = await wait(controller, for: delay, arrive) }
        guard controller.isAlive, !Task.isCancelled, let result else { throw .unreachable(node, .cancelled) }
        return try result.get()
    }

    private func carryOut<Value: Sendable>(
        _ line: SimulatedLine, _ isLook: Bool, _ body: (inout SimulatedMember, FleetModel) throws(FleetError) -> Value
    ) -> Result<Value, NodeFailure> {
        do throws(NodeFailure) {
            return .success(
                try fleet.with(line.node, isLook: isLook) { member throws(NodeFailure) in
                    guard member.answers(fleet.now), member.boot == line.boot else {
                        throw .unreachable(line.node, .connectionLost)
                    }
                    do throws(FleetError) { return try body(&member, fleet) } catch { throw .refused(error, nil) }
                })
        } catch { return .failure(error) }
    }

    // MARK: - Misfortunes

    private func add(_ misfortune: Misfortune, in seconds: Int) {
        let at = fleet.now + seconds
        misfortuneTimes.insert(at, at: misfortuneTimes.firstIndex { $0 > at } ?? misfortuneTimes.count)
        add(in: seconds) { [unowned self] in suffer(misfortune) }
    }

    private func suffer(_ misfortune: Misfortune) {
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
        case .rival: if let driving, !isLocal { begin(skew: driving.skew + Int.random(in: -20...20, using: &random)) }
        case .stops(let seconds): if let driving, !isLocal { stop(driving, for: seconds) }
        }
    }

    /// By its own terminal, or by the database.
    private func give(_ order: RolloutOrder, _ driving: SimulatedController?) {
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
    private func stop(_ controller: SimulatedController, for seconds: Int) {
        controller.stop()
        add(in: Int.random(in: 1...120, using: &random)) { [unowned self] in
            if controller.isStopped, !controllers.contains(where: { $0.isAlive && !$0.isStopped }) {
                begin(skew: controller.skew + Int.random(in: -20...20, using: &random))
            }
        }
        add(in: seconds) { [unowned self] in if controller.isAlive, controller.isStopped { goOn(controller) } }
    }

    /// What happens by chance happens early, and after a long wait for a window all would go well.
    private func letThingsHappen(after wait: Int) {
        guard !isGentle, chance(3) else { return }
        add(.crash, in: wait + Int.random(in: 1...900, using: &random))
        add(.clockJumps(Int.random(in: -20_000...20_000, using: &random)), in: wait / 2)
        if let node = fleet.kept.nodes.randomElement(using: &random)?.node {
            add(.order(.retry(node)), in: wait + Int.random(in: 1...3000, using: &random))
        }
    }

    // MARK: - The end

    private func judgeEnd() {
        broken += fleet.flawsAtTheEnd(isGentle: isGentle)
    }
}

extension NodeFailure {
    fileprivate static func unreachable(_ node: NodeName, _ code: RemoteFailure.Code) -> NodeFailure {
        .remote(RemoteFailure(code, node: node, "It was not reached.", advice: "Wait."))
    }
}

extension Result where Failure == NodeFailure {
    fileprivate var code: String {
        switch self {
        case .success: "done"
        case .failure(let failure): failure.error.code.rawValue
        }
    }
}
