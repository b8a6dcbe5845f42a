import Fleet
import Foundation
import TestSupport

/// A roll-out over a simulated fleet, with the driver's part played by one queue of events in virtual time. Everything that
/// may happen to one happens by chance: see `SimulatedMember.Fate` and `Misfortune`. One seed, one course.
struct Simulation {
    private(set) var rollout: Rollout
    private(set) var members: [NodeName: SimulatedMember] = [:]
    /// What happened, a line each: two runs of one seed have the same.
    var trace: [String] { course.map { "\($0.at) \($0.what)" } }
    /// Kept as values: writing them down takes longer than all else.
    private var course: [(at: Int, what: any Sendable)] = []
    /// What must not be and was; the run ends with the first.
    private(set) var broken: [String] = []
    private var random: SeededNumbers
    private var now = 1_000
    /// How far the controller's clock is off.
    private var skew = 0
    private var queue: [Item] = []
    private var count = 0
    private var token: FencingToken
    /// Grows when the controller dies: what it began before is nobody's any more.
    private var life = 1
    private var events = 0
    private let deaths: [Int: Death]
    private let isGentle: Bool
    private var watch: SimulationWatch

    private struct Item {
        enum Kind {
            case effect(NodeEffect, FencingToken, life: Int)
            case tick(life: Int)
            case resume
            case misfortune(Misfortune)
        }

        var at: Int
        var number: Int
        var kind: Kind
    }

    init(seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let setup = try SimulationSetup(&random)
        rollout = setup.rollout
        members = setup.members
        watch = SimulationWatch(setup)
        token = FencingToken(number: 1, rollout: rollout.id)
        deaths = Death.byChance(&random)
        isGentle = setup.isGentle
        let misfortunes = Misfortune.byChance(setup, &random)
        self.random = random
        for (at, misfortune) in misfortunes { add(.misfortune(misfortune), in: at) }
    }

    /// Runs it to its end, or to the first thing that must not be.
    mutating func run() {
        handle(.start)
        var steps = 0
        while !rollout.isEnded, broken.isEmpty {
            steps += 1
            guard steps < 20_000, let item = pop() else {
                broken.append("it does not end: \(rollout.phase)")
                return
            }
            now = max(now, item.at)
            carryOut(item.kind)
        }
        if broken.isEmpty { checkEnd() }
    }

    // MARK: - Events

    private mutating func carryOut(_ kind: Item.Kind) {
        switch kind {
        case .effect(let effect, let token, let life): obey(effect, token, life)
        case .tick(let life): if life == self.life { handle(.tick) }
        case .resume: if rollout.phase == .suspended { handle(.resume) }
        case .misfortune(let misfortune): suffer(misfortune)
        }
    }

    private mutating func suffer(_ misfortune: Misfortune) {
        course.append((now, misfortune))
        switch misfortune {
        case .crash: crash()
        case .order(let order):
            if case .retry(let node) = order, Bool.random(using: &random) { members[node]?.mend(at: now) }
            handle(.init(order))
        case .clockJumps(let seconds): skew += seconds
        case .losesPower(let node): members[node]?.losePower(at: now)
        case .losesNetwork(let node, let seconds): members[node]?.loseNetwork(until: now + seconds)
        case .strangerFails(let cluster): watch.stranger(of: cluster, isDown: true, at: now)
        case .strangerReturns(let cluster): watch.stranger(of: cluster, isDown: false, at: now)
        }
    }

    private mutating func handle(_ kind: RolloutEvent.Kind) {
        events += 1
        let death = deaths[events]
        if death == .beforeWriting { return crash() }
        let before = rollout
        let event = RolloutEvent(at: clock, kind)
        guard case .accepted(let effects) = rollout.handle(event) else { return }
        course.append((now, kind))
        broken += rollout.check()
        broken += watch.flaws(from: before, to: rollout, at: event)
        issue(
            death == .afterWriting ? [] : death == .betweenEffects ? Array(effects.prefix(effects.count / 2)) : effects)
        if death != nil { return crash() }
        if rollout.phase == .suspended { add(.resume, in: Int.random(in: 0...200, using: &random)) }
    }

    private mutating func issue(_ effects: [RolloutEffect]) {
        for effect in effects {
            switch effect {
            case .wake(let at):
                let wait = max(0, at.seconds - clock.seconds)
                add(.tick(life: life), in: wait)
                if case .waiting = rollout.phase { letThingsHappen(after: wait) }
            case .node(let effect):
                add(.effect(effect, token, life: life), in: Int.random(in: 0...3, using: &random))
            }
        }
    }

    /// What happens by chance happens early, and after a long wait for a window all would go well.
    private mutating func letThingsHappen(after wait: Int) {
        guard !isGentle, Int.random(in: 0..<3, using: &random) == 0 else { return }
        add(.misfortune(.crash), in: wait + Int.random(in: 1...900, using: &random))
        add(.misfortune(.clockJumps(Int.random(in: -20_000...20_000, using: &random))), in: wait / 2)
        if let node = rollout.nodes.randomElement(using: &random)?.node {
            add(.misfortune(.order(.retry(node))), in: wait + Int.random(in: 1...3000, using: &random))
        }
    }

    private mutating func obey(_ effect: NodeEffect, _ token: FencingToken, _ life: Int) {
        // Orders that a dead controller had sent may still arrive; looks are its own.
        guard life == self.life || Bool.random(using: &random), var member = members[effect.id.node] else { return }
        let isLost = isGentle ? 2 : Int.random(in: 0..<40, using: &random)
        // A step that waits for the node goes on waiting.
        let lost = effect.action.isWait ? SimulatedLook.again : .unreachable
        if isLost == 0 { return answer(effect, lost, life) }
        if case .noteGuests(let neighbours) = effect.action {
            member.target = watch.peers(of: member.name).filter { !neighbours.nodes.contains($0) }
                .randomElement(using: &random)
        }
        let reboots = member.reboots
        let look = member.obey(
            effect.action, token, at: now, clock: clock.seconds,
            bears: watch.bears(effect.id.node, members, rollout.settings, now))
        members[member.name] = member
        broken += watch.flaws(of: member, rollout)
        if case .proveDisk = effect.action { watch.wasProven(member.name, at: now) }
        if member.reboots > reboots {
            broken += watch.quorumFlaws(of: member.name, members, now) + member.evacuationFlaws + member.tieFlaws
            broken += watch.visitorFlaws(of: member.name, members, rollout)
        }
        answer(effect, isLost == 1 ? lost : look, life)
    }

    private mutating func answer(_ effect: NodeEffect, _ look: SimulatedLook, _ life: Int) {
        guard life == self.life else { return }
        switch look {
        case .outcome(let outcome): handle(.finished(effect.id, outcome))
        // Looks come less often than the driver's, which makes each course a third as long to compute.
        case .again: add(.effect(effect, token, life: life), in: 6)
        }
    }

    /// Only what was written survives. The clock of another machine may differ.
    private mutating func crash() {
        course.append((now, "the controller dies"))
        do {
            let (encoder, decoder) = (JSONEncoder(), JSONDecoder())
            let header = try decoder.decode(Rollout.Header.self, from: encoder.encode(rollout.header))
            let nodes = try decoder.decode([NodeRun].self, from: encoder.encode(rollout.nodes))
            let read = Rollout(header: header, nodes: nodes)
            if read != rollout { broken.append("it is not read as it was written") }
            rollout = read
        } catch { broken.append("it can't be read again: \(error)") }
        life += 1
        token.number += 1
        skew += Int.random(in: -30...30, using: &random)
        now += Int.random(in: 0...120, using: &random)
        handle(rollout.phase == .ready ? .start : .resume)
    }

    private var clock: Timestamp { Timestamp(milliseconds: Int64(now + skew) * 1000) }

    private mutating func add(_ kind: Item.Kind, in seconds: Int) {
        count += 1
        queue.append(Item(at: now + seconds, number: count, kind: kind))
    }

    private mutating func pop() -> Item? {
        guard let next = queue.indices.min(by: { (queue[$0].at, queue[$0].number) < (queue[$1].at, queue[$1].number) })
        else { return nil }
        return queue.remove(at: next)
    }

    // MARK: - The end

    private mutating func checkEnd() {
        for run in rollout.nodes where run.hasWork {
            guard var member = members[run.node], let result = run.state.result else {
                broken.append("\(run.node) is not accounted for")
                continue
            }
            member.live(until: now)
            if let flaw = member.flaw(in: result, run, isGuarded: rollout.settings.confirmWithinSeconds != nil) {
                broken.append("\(run.node) is \(run.state.word): \(flaw)")
            }
            if isGentle, result != .verified { broken.append("\(run.node) is \(run.state.word) for no reason") }
        }
    }
}

extension NodeEffect.Action {
    /// Looks until something comes, or its deadline.
    fileprivate var isWait: Bool {
        switch self {
        case .awaitReturn, .awaitRevert, .recover: true
        default: false
        }
    }
}

extension SimulatedMember {
    /// What contradicts that its roll-out ended so.
    func flaw(in result: NodeResult, _ run: NodeRun, isGuarded: Bool = true) -> String? {
        let isLocked = lock != nil && result.problem?.leftLocked != true
        if isLocked { return "its lock was forgotten" }
        if let tie = forgottenTie(result) { return tie }
        if let vm = forgottenGuest(result, run) { return "guest \(vm) stays down" }
        switch result {
        case .verified:
            if run.work.writesFiles, !isOnDisk { return "its files are not there" }
            if run.work.reboots, !isRunning { return "its devices are not bound" }
            if run.work.reboots, isGuarded, trial != .confirmed { return "it is not confirmed" }
            if guests != Set(run.work.guests) { return "a guest was forgotten" }
        case .held, .skipped: if isOnDisk || reboots > 0 || !guests.isEmpty { return "it was touched" }
        case .reverted:
            if isOnDisk || isRunning || (trial != .reverted && run.tries == 1) { return "it is not back as it was" }
        case .failed, .lost: break
        }
        return nil
    }
}
