import Engine
import Fleet
import TestSupport

/// One course of a roll-out over a simulated fleet: the real driver in virtual time. Which of the tasks that are ready goes
/// on next, and everything that may happen to the fleet and to controllers, is drawn from one source: one seed, one course.
///
/// All of it runs on the thread that calls `run`; only a database works on another one, and nothing goes on meanwhile.
final class Course: @unchecked Sendable {
    let fleet: FleetModel
    let ledger: any SimulatedLedger
    /// The roll-out before it began.
    var first: Rollout
    let plan: FleetPlan
    let isGentle: Bool
    let domain: SimulatedDomain
    let deaths: [Int: Death]
    private var random: SeededNumbers
    /// How much longer than it should a wait may last: 1 = not at all.
    private let slowness: Int
    /// All controllers are processes of one machine, of which one knows when another is dead.
    let isLocal: Bool
    /// When misfortunes come, ascending.
    var misfortuneTimes: [Int] = []
    var controllers: [SimulatedController] = []
    let operators: HeldExecutor
    /// Of every controller that ever was.
    var executors: [HeldExecutor] = []
    let hasDatabase: Bool
    private var queue: [Item] = []
    private var lastItem = 0
    var lastController = 0
    /// Who has asked the database for something, and how many of its jobs were ready then.
    var caller: (executor: HeldExecutor, ready: Int)?
    /// Of all controllers.
    var events = 0
    /// Dies when so many more of its jobs have run.
    var doomed: (controller: SimulatedController, jobs: Int)?
    private var steps = 0
    /// The second roll-out, over nodes that the first one owes something: nil = none yet, false = it is about to be begun.
    var isSettling: Bool?
    /// What happened; kept as values, because writing them down takes longer than all else.
    private var notes: [(at: Int, what: any Sendable)] = []
    var broken: [String] = []

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
        plan = setup.plan
        self.ledger = ledger
        hasDatabase = !(ledger is MemoryLedger)
        operators = HeldExecutor(isShared: hasDatabase)
        isGentle = setup.isGentle
        domain = SimulatedDomain(
            plans: setup.plan.nodes.map(\.plan).reduce(into: [:]) { $0[$1.node] = $1 })
        deaths = Death.byChance(&random)
        // One that is in time for everything takes several times as long to simulate.
        let isInTime = Int.random(in: 0..<16, using: &random) == 0
        slowness = isInTime ? 1 : [8, 15, 20].randomElement(using: &random) ?? 1
        isLocal = Bool.random(using: &random)
        let misfortunes = Misfortune.byChance(setup, &random)
        self.random = random
        for (at, misfortune) in misfortunes { add(misfortune, in: at) }
    }

    // MARK: - The loop

    /// Runs it to its end, or to the first thing that must not be; and where something is owed then, sometimes a second
    /// roll-out.
    func run() {
        begin(skew: 0)
        runToEnd()
        guard broken.isEmpty, !fleet.debts.isEmpty, chance(3) else { return }
        beginSettling()
        runToEnd()
    }

    private func runToEnd() {
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
        if broken.isEmpty { broken += fleet.flawsAtTheEnd(isGentle: isGentle) }
    }

    private var isOver: Bool { controllers.isEmpty && fleet.kept.isEnded && isSettling != false }

    private func gather() { if !fleet.broken.isEmpty { broken += fleet.takeBroken() } }

    func flaw(_ text: String) { broken.append(text) }

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
        // What was still to happen, and tasks that nobody waits for any more, hold this course.
        queue = []
        for executor in executors + [operators] { while executor.count > 0 { executor.run(0) } }
    }

    // MARK: - Time

    func clock(of controller: SimulatedController) -> Timestamp {
        Timestamp(milliseconds: Int64(fleet.now + controller.skew) * 1000)
    }

    func add(in seconds: Int, _ happen: @escaping () -> Void) {
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
        return draw(seconds...longest)
    }

    // MARK: - Chance

    func draw(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    /// One of so many times.
    func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &random) == 0 }
    func pick<Element>(_ all: [Element]) -> Element? { all.randomElement(using: &random) }

    // MARK: - Notes

    func note(_ what: any Sendable) { notes.append((fleet.now, what)) }

    func note(_ what: any Sendable, _ controller: SimulatedController) {
        note(Named(controller: controller.number, what: what))
    }
}
