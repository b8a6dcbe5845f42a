import Engine
import Fleet
import Store
import Testing

/// What one roll-out has under way counts for every other one of the same database.
@Suite("Roll-outs beside each other")
struct RolloutNeighbourTests {
    private static let settings = RolloutSettings(
        canaries: 0, batch: .count(1), pauseSeconds: 0, returnWithinSeconds: 300, confirmWithinSeconds: 300)

    /// Two roll-outs, of a node each. `domains`: what both share.
    private func pair(
        _ domains: [FailureDomain], _ settings: RolloutSettings = settings, faults: Set<SimulatedNode.Fault> = []
    ) async throws -> (fleet: SimulatedRollout, RolloutID, RolloutID) {
        let fleet = try await SimulatedRollout(2, faults: [1: faults], settings: settings)
        let whole = try await fleet.store.plan(fleet.store.rollout(fleet.id).rollout.plan)
        _ = try await fleet.driver().drive(fleet.id, aborting: true)
        var ids: [RolloutID] = []
        for entry in whole.nodes {
            var part = whole
            part.nodes = [entry]
            let shared = [entry.plan.node: domains]
            ids.append(
                try await SimulatedRollout.create(
                    part, "of-\(entry.plan.node)", fleet.store, fleet.time, domains: shared))
        }
        return (fleet, ids[0], ids[1])
    }

    private static let cluster = FailureDomain(label: nil, value: "lab")

    @Test(.timeLimit(.minutes(1))) func membersOfAClusterGoOneAfterTheOther() async throws {
        let (fleet, first, second) = try await pair([Self.cluster])
        async let one = fleet.driver().drive(first)
        async let other = fleet.driver(holder: "other").drive(second)
        let runs = try await [one, other].map { rollout in
            #expect(rollout.phase == .ended(.completed))
            return rollout.nodes[0]
        }
        let (a, b) = (runs[0], runs[1])
        let begun = (try #require(a.begunAt), try #require(b.begunAt))
        let ended = (try #require(a.endedAt), try #require(b.endedAt))
        #expect(ended.0 <= begun.1 || ended.1 <= begun.0, "both were under way")
    }

    /// The one that begins at the same moment writes first.
    @Test(.timeLimit(.minutes(1))) func whoIsLaterByAMomentWaits() async throws {
        let (fleet, first, second) = try await pair([Self.cluster])
        let opening = OpeningJournal(fleet.store) {
            // Dies at once with its node begun.
            _ = try? await fleet.driver(DyingJournal(fleet.store, atEvent: 1, .afterWriting), holder: "first")
                .drive(first)
        }
        let end = Task { try await fleet.driver(opening, holder: "second").drive(second) }
        while try await fleet.store.rollout(second).rollout.phase != .waiting(until: .endOfTime) {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try await fleet.store.rollout(second).rollout.elsewhere.map(\.node.description) == ["pve1"])
        #expect(try await fleet.driver(holder: "first").drive(first).phase == .ended(.completed))
        #expect(try await end.value.phase == .ended(.completed))
        for number in 1...2 { #expect(try await fleet.node(number).reboots == 1) }
    }

    /// Until somebody has ended the roll-out that lost it.
    @Test(.timeLimit(.minutes(1))) func aLostNodeIsAway() async throws {
        var settings = Self.settings
        settings.returnWithinSeconds = 20
        settings.confirmWithinSeconds = nil
        let (fleet, first, second) = try await pair([Self.cluster], settings, faults: [.neverReturns])
        let lost = try await fleet.driver().drive(first)
        #expect(lost.nodes[0].state.word == "lost" && lost.isEnded)
        #expect(try await fleet.driver().drive(second).phase == .ended(.completed), "that one has ended")
    }

    /// Only the first one says how many of a rack may be away.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func aLabelThatOnlyTheOtherLimitsIsWaitedFor(isSameRack: Bool) async throws {
        let fleet = try await SimulatedRollout(2, settings: Self.settings)
        _ = try await fleet.driver().drive(fleet.id, aborting: true)
        let whole = try await fleet.store.plan(fleet.store.rollout(fleet.id).rollout.plan)
        let nodes = try await fleet.store.nodes().enumerated().map { index, node in
            var node = node
            node.labels = ["rack": isSameRack || index == 0 ? "a" : "b"]
            return node
        }
        _ = try await fleet.store.importInventory(Inventory(nodes: nodes), at: fleet.time.now(), by: "test")
        var (limited, free) = (whole, whole)
        limited.playbook.rollout.perLabel = ["rack": .count(1)]
        (limited.nodes, free.nodes) = ([whole.nodes[0]], [whole.nodes[1]])
        let rack = [whole.nodes[0].plan.node: [FailureDomain(label: "rack", value: "a")]]
        let first = try await SimulatedRollout.create(limited, "first", fleet.store, fleet.time, domains: rack)
        let second = try await SimulatedRollout.create(free, "second", fleet.store, fleet.time)
        // Dies at once with its node begun.
        _ = try? await fleet.driver(DyingJournal(fleet.store, atEvent: 1, .afterWriting)).drive(first)
        let end = Task { try await fleet.driver(holder: "second").drive(second) }
        if isSameRack {
            while try await fleet.store.rollout(second).rollout.phase != .waiting(until: .endOfTime) {
                try await Task.sleep(for: .milliseconds(5))
            }
            let elsewhere = try await fleet.store.rollout(second).rollout.elsewhere
            #expect(elsewhere.first?.limits?.map(\.nodes.count) == [1])
            #expect(try await fleet.driver(holder: "first").drive(first).phase == .ended(.completed))
        }
        #expect(try await end.value.phase == .ended(.completed))
    }

    @Test(.timeLimit(.minutes(1))) func whatIsNotSharedIsNotWaitedFor() async throws {
        let (fleet, first, second) = try await pair([])
        _ = try? await fleet.driver(DyingJournal(fleet.store, atEvent: 1, .afterWriting)).drive(first)
        #expect(try await fleet.driver(holder: "second").drive(second).phase == .ended(.completed))
    }
}

/// A journal that has something happen just before its first event is written.
private actor OpeningJournal: RolloutJournal {
    private let store: Store
    private var happen: (@Sendable () async -> Void)?

    init(_ store: Store, _ happen: @escaping @Sendable () async -> Void) {
        self.store = store
        self.happen = happen
    }

    func append(
        _ event: RolloutEvent, number: Int, after rollout: Rollout, under lease: Lease
    ) async throws(FleetError) {
        if let happen {
            self.happen = nil
            await happen()
        }
        try await store.append(event, number: number, after: rollout, under: lease)
    }
}
