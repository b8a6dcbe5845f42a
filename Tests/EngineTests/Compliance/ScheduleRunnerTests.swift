import Engine
import Fleet
import Store
import Testing

@Suite("Schedules that run by themselves") struct ScheduleRunnerTests {
    private func schedule(_ name: String, _ cron: String) throws -> Schedule {
        Schedule(
            name: try #require(ScheduleName(name)), cron: try CronExpression(parsing: cron), playbook: "\(name).yaml")
    }

    private func runner(
        _ fleet: SimulatedRollout, opener: (any NodeOpener)? = nil,
        listener: @escaping ScheduleRunner.Listener = { _, _, _ in }
    ) -> ScheduleRunner {
        let opener = opener ?? SimulatedFleet(nodes: fleet.nodes)
        let service = ComplianceService(
            store: fleet.store, opener: opener, judge: SimulatedJudge(), time: fleet.time)
        return ScheduleRunner(store: fleet.store, service: service, time: fleet.time) { schedule throws(FleetError) in
            guard schedule.playbook != "broken.yaml" else {
                throw FleetError("playbook-unreadable", "There is no “broken.yaml”.")
            }
            let targets = try await fleet.store.nodes()
                .map { PlaybookTargets.Target(node: $0, settings: NodeSettings()) }
            return (Playbook(name: "gpu"), targets)
        } listener: {
            await listener($0, $1, $2)
        }
    }

    /// Runs it until `enough`, at most for so many looks of 5 ms.
    private func run(
        _ runner: ScheduleRunner, until enough: @Sendable () async throws -> Bool
    ) async throws {
        let task = Task { try await runner.run() }
        var looks = 0
        while try await !enough(), looks < 2000 {
            try await Task.sleep(for: .milliseconds(5))
            looks += 1
        }
        task.cancel()
        try await task.value
        #expect(looks < 2000, "nothing came of it")
    }

    @Test func runsWhenItIsDueAndTellsWhatChanged() async throws {
        let fleet = try await SimulatedRollout(2)
        _ = try await fleet.driver().drive(fleet.id)
        try await fleet.store.setSchedules([try schedule("minutely", "* * * * *")], at: fleet.time.now())
        let heard = Heard()
        try await run(runner(fleet) { await heard.hear($0, $1, $2) }) { await heard.outcomes.count >= 2 }
        let outcomes = await heard.outcomes
        #expect(outcomes.prefix(2) == [.init(compliant: 2, playbook: "gpu"), .init(compliant: 2, playbook: "gpu")])
        #expect(await heard.changes.first?.contains { $0.subject.rule == .check(.driver) } == true)
        #expect(await heard.changes[1].isEmpty)

        try await fleet.node(2).edit("# undone by hand\n")
        let later = Heard()
        try await run(runner(fleet) { await later.hear($0, $1, $2) }) { await !later.outcomes.isEmpty }
        let change = try #require(await later.changes.first?.first { $0.subject.rule == .check(.files) })
        #expect((change.subject.node.description, change.drift) == ("pve2", .corrective))
        let kept = try #require(try await fleet.store.schedules().first)
        #expect(kept.outcome?.noncompliant == 1)
    }

    @Test func neverBeginsWhileItsLastRunIsUnderWay() async throws {
        let fleet = try await SimulatedRollout(1)
        try await fleet.store.setSchedules([try schedule("minutely", "* * * * *")], at: fleet.time.now())
        let slow = SlowFleet(fleet: SimulatedFleet(nodes: fleet.nodes))
        let heard = Heard()
        try await run(runner(fleet, opener: slow) { await heard.hear($0, $1, $2) }) {
            await heard.outcomes.count >= 2
        }
        #expect(await slow.gauge.highest == 1)
    }

    @Test func aRunThatDiedIsBegunAgain() async throws {
        let fleet = try await SimulatedRollout(1)
        let yearly = try schedule("yearly", "@yearly")
        try await fleet.store.setSchedules([yearly], at: fleet.time.now())
        let heard = Heard()
        let runner = runner(fleet) { await heard.hear($0, $1, $2) }
        try await fleet.store.beginRun(of: yearly.name, at: fleet.time.now())
        try await run(runner) { await !heard.outcomes.isEmpty }
        #expect(try await fleet.store.schedules().map(\.isUnfinished) == [false])
    }

    @Test func anInterruptedRunIsBegunAgainByTheNextRunner() async throws {
        let fleet = try await SimulatedRollout(1)
        try await fleet.store.setSchedules([try schedule("minutely", "* * * * *")], at: fleet.time.now())
        let slow = SlowFleet(fleet: SimulatedFleet(nodes: fleet.nodes))
        try await run(runner(fleet, opener: slow)) { await slow.gauge.highest == 1 }
        #expect(try await fleet.store.schedules().map(\.isUnfinished) == [true])
        #expect(try await fleet.store.currentStandings().isEmpty, "what was interrupted says nothing")
    }

    @Test func oneThatCannotRunStopsNoOther() async throws {
        let fleet = try await SimulatedRollout(1)
        let schedules = [try schedule("broken", "* * * * *"), try schedule("good", "* * * * *")]
        try await fleet.store.setSchedules(schedules, at: fleet.time.now())
        let store = fleet.store
        try await run(runner(fleet)) { try await store.schedules().allSatisfy { $0.outcome != nil } }
        let outcomes = try await fleet.store.schedules().map(\.outcome)
        #expect(outcomes[0]?.error?.code == "playbook-unreadable")
        #expect(outcomes[1]?.noncompliant == 1)
    }
}

private actor Heard {
    private(set) var outcomes: [ScheduleOutcome] = []
    private(set) var changes: [[RuleChange]] = []

    func hear(_ schedule: Schedule, _ outcome: ScheduleOutcome, _ changes: [RuleChange]) {
        outcomes.append(outcome)
        self.changes.append(changes)
    }
}

/// Each look takes several of the fleet's minutes.
private struct SlowFleet: NodeOpener {
    let fleet: SimulatedFleet
    let gauge = Gauge()

    func open(_ node: Node) async throws(NodeFailure) -> any NodeOperations {
        await gauge.enter()
        try? await ContinuousClock().sleep(for: .milliseconds(250))
        await gauge.leave()
        return try await fleet.open(node)
    }
}
