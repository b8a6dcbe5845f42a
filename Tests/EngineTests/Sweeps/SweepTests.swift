import Engine
import Fleet
import Store
import Testing

@Suite("Sweeps, plans and verification")
struct SweepTests {
    private func sweep(_ fleet: SimulatedRollout, parallelism: Int = 8, opener: (any NodeOpener)? = nil) -> Sweep {
        Sweep(
            store: fleet.store, opener: opener ?? SimulatedFleet(nodes: fleet.nodes), time: fleet.time,
            parallelism: parallelism)
    }

    @Test func everyNodeIsLookedAtOnceAndKept() async throws {
        let fleet = try await SimulatedRollout(300)
        let nodes = try await fleet.store.nodes()
        let (events, post) = AsyncStream.makeStream(of: SweepEvent.self)
        async let seen = events.reduce(into: 0) { count, event in if case .observed = event { count += 1 } }
        let summary = try await sweep(fleet, parallelism: 32).run(nodes, events: post)
        #expect(summary.observed.count == 300 && summary.failed.isEmpty && summary.changed.count == 300)
        #expect(await seen == 300)
        let again = try await sweep(fleet).run(nodes)
        #expect(again.changed.isEmpty)
        let record = try #require(try await fleet.store.sweeps().first)
        #expect(record.observed == 300 && record.endedAt != nil)
        #expect(try await fleet.store.latestObservations(of: nodes.map(\.name)).count == 300)
    }

    @Test func aNodeThatFailsStopsNobodyElse() async throws {
        let fleet = try await SimulatedRollout(5)
        let nodes = try await fleet.store.nodes()
        let others = SimulatedFleet(nodes: fleet.nodes.filter { $0.key != nodes[2].name })
        let summary = try await sweep(fleet, opener: others).run(nodes)
        #expect(summary.observed.count == 4)
        #expect(summary.failed.keys.map(\.self) == [nodes[2].name])
        #expect(try await fleet.store.currentFailures()[nodes[2].name]?.error.code == "ssh-name-not-resolved")
    }

    @Test func noMoreNodesAreUnderWayThanAllowed() async throws {
        let fleet = try await SimulatedRollout(40)
        let gauge = GaugedFleet(fleet: SimulatedFleet(nodes: fleet.nodes))
        _ = try await sweep(fleet, parallelism: 5, opener: gauge).run(try await fleet.store.nodes())
        #expect(await gauge.gauge.highest == 5)
    }

    @Test func aCancelledSweepKeepsWhatWasSeen() async throws {
        let fleet = try await SimulatedRollout(40)
        let nodes = try await fleet.store.nodes()
        let gauge = GaugedFleet(fleet: SimulatedFleet(nodes: fleet.nodes))
        let (events, post) = AsyncStream.makeStream(of: SweepEvent.self)
        let run = Task { try await sweep(fleet, parallelism: 2, opener: gauge).run(nodes, events: post) }
        for await event in events { if case .observed = event { break } }
        run.cancel()
        let summary = try await run.value
        let kept = try await fleet.store.latestObservations(of: nodes.map(\.name)).count
        #expect(kept >= 1 && kept < 40)
        #expect(try await fleet.store.currentFailures().isEmpty, "an interrupted look says nothing about a node")
        #expect(summary.observed.count == kept)
        #expect(try await fleet.store.sweeps().first?.endedAt != nil)
    }

    @Test func plansComeFromTheLastAnswers() async throws {
        let fleet = try await SimulatedRollout(3)
        let nodes = try await fleet.store.nodes()
        let others = SimulatedFleet(nodes: fleet.nodes.filter { $0.key != nodes[2].name })
        _ = try await sweep(fleet, opener: others).run([nodes[0], nodes[2]])
        let service = PlanService(store: fleet.store, judge: SimulatedJudge(), time: fleet.time)
        let playbook = Playbook(name: "gpu")
        let targets = nodes.map { PlaybookTargets.Target(node: $0, settings: NodeSettings()) }
        let (plan, digest) = try await service.plan(playbook, for: targets)
        #expect(plan.nodes.map(\.plan.node) == nodes.map(\.name))
        #expect(plan.nodes.map(\.facts.self) == [plan.nodes[0].facts, nil, nil] && plan.nodes[0].facts != nil)
        #expect(plan.nodes[1].plan.reasons.map(\.code) == ["node-never-observed"])
        #expect(plan.nodes[2].plan.reasons.map(\.code) == ["ssh-name-not-resolved"])
        #expect(try await fleet.store.plan(digest) == plan)
        #expect(try await service.plan(playbook, for: targets).digest == digest, "planning twice is the same")
    }

    @Test func verifyJudgesAFreshLook() async throws {
        let fleet = try await SimulatedRollout(3)
        let nodes = try await fleet.store.nodes()
        _ = try await fleet.driver().drive(fleet.id)
        try await fleet.node(2).edit("# undone by hand\n")
        let reachable = SimulatedFleet(nodes: fleet.nodes.filter { $0.key != nodes[2].name })
        let service = VerifyService(sweep: sweep(fleet, opener: reachable), judge: SimulatedJudge())
        let found = try await service.verify(nodes.map { .init(node: $0, settings: NodeSettings()) })
        #expect(found.map(\.compliance.verdict) == [.compliant, .noncompliant, .unknown])
        #expect(found[2].failure?.code == "ssh-name-not-resolved")
    }
}

/// Counts how many looks are under way at once, and makes each take a while.
private struct GaugedFleet: NodeOpener {
    let fleet: SimulatedFleet
    let gauge = Gauge()

    func open(_ node: Node) async throws(NodeFailure) -> any NodeOperations {
        await gauge.enter()
        try? await ContinuousClock().sleep(for: .milliseconds(2))
        await gauge.leave()
        return try await fleet.open(node)
    }
}

actor Gauge {
    private var present = 0
    private(set) var highest = 0

    func enter() {
        present += 1
        highest = max(highest, present)
    }

    func leave() { present -= 1 }
}
