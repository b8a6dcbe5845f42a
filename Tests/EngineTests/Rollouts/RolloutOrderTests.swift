import Engine
import Fleet
import Store
import Testing

/// What another terminal orders is obeyed before anything else is begun, or refused for everybody to read.
@Suite("Orders to a roll-out from elsewhere")
struct RolloutOrderTests {
    private static let settings = RolloutSettings(
        canaries: 1, batch: .count(1), pauseSeconds: 0, returnWithinSeconds: 6000, confirmWithinSeconds: 6000)

    /// Suspended after its canary.
    private func suspended(_ count: Int = 4) async throws -> SimulatedRollout {
        let fleet = try await SimulatedRollout(count, settings: Self.settings)
        let (controls, tell) = AsyncStream.makeStream(of: RolloutOrder.self)
        tell.yield(.suspend)
        #expect(try await fleet.driver().drive(fleet.id, controls: controls).phase == .suspended)
        return fleet
    }

    private func give(_ orders: RolloutOrder..., to fleet: SimulatedRollout) async throws {
        for order in orders { try await fleet.store.give(order, to: fleet.id, at: fleet.time.now(), by: "ben") }
    }

    private func pve(_ number: Int) throws -> NodeName { try #require(NodeName("pve\(number)")) }

    private func words(_ rollout: Rollout) -> [String] { rollout.nodes.map(\.state.word) }

    @Test func allOfThemAreObeyedAndItGoesOn() async throws {
        let fleet = try await suspended()
        try await give(.skip(pve(2)), .skip(pve(3)), to: fleet)
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.phase == .ended(.completed))
        #expect(words(rollout) == ["verified", "skipped", "skipped", "verified"])
        #expect(try await fleet.node(2).reboots == 0)
        #expect(try await fleet.store.openOrders(of: fleet.id).isEmpty)
    }

    @Test func whatIsTakenUpAgainIsDone() async throws {
        let fleet = try await suspended(3)
        try await give(.skip(pve(2)), .retry(pve(2)), to: fleet)
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.phase == .ended(.completed) && words(rollout) == ["verified", "verified", "verified"])
    }

    @Test func itIsAbortedAllTheSame() async throws {
        let fleet = try await suspended()
        try await give(.skip(pve(2)), to: fleet)
        let rollout = try await fleet.driver().drive(fleet.id, aborting: true)
        #expect(rollout.phase == .ended(.stopped(.aborted)))
        #expect(words(rollout) == ["verified", "skipped", "held", "held"])
    }

    /// Whoever dies before an order is in the journal has not taken it.
    @Test(arguments: DyingJournal.Moment.allCases) func aDeathLosesNone(moment: DyingJournal.Moment) async throws {
        let fleet = try await suspended(3)
        try await give(.skip(pve(2)), to: fleet)
        let failure = await #expect(throws: FleetError.self) {
            try await fleet.driver(DyingJournal(fleet.store, atEvent: 1, moment)).drive(fleet.id)
        }
        #expect(failure?.code == "killed")
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(words(rollout) == ["verified", "skipped", "verified"])
    }

    @Test func oneThatIsRefusedIsInTheJournal() async throws {
        let fleet = try await suspended(2)
        try await give(.suspend, to: fleet)
        let rollout = try await fleet.driver().drive(fleet.id)
        #expect(rollout.phase == .ended(.completed))
        let refused = try await fleet.store.journal(of: fleet.id).filter {
            if case .refused(.suspend, _) = $0.event.kind { true } else { false }
        }
        #expect(refused.count == 1 && refused.first?.event.order != nil)
    }

    /// Given at the last moment, when the event that begins the node is about to be written.
    @Test(.timeLimit(.minutes(1))) func aNodeThatWaitsIsNotBegunBeforeItIsHeard() async throws {
        let fleet = try await SimulatedRollout(3, settings: Self.settings)
        let journal = LateJournal(fleet.store, "unlock") {
            try? await fleet.store.give(.skip(pve(2)), to: fleet.id, at: fleet.time.now(), by: "ben")
        }
        let rollout = try await fleet.driver(journal).drive(fleet.id)
        #expect(words(rollout) == ["verified", "skipped", "verified"])
        #expect(try await fleet.node(2).reboots == 0)
    }
}

/// A journal that has something happen once, just before the end of a step is written.
actor LateJournal: RolloutJournal {
    private let store: Store
    private let step: String
    private let happen: @Sendable () async -> Void
    private var hasHappened = false

    init(_ store: Store, _ step: String, _ happen: @escaping @Sendable () async -> Void) {
        self.store = store
        self.step = step
        self.happen = happen
    }

    func append(
        _ event: RolloutEvent, number: Int, after rollout: Rollout, under lease: Lease
    ) async throws(FleetError) {
        if case .finished(let id, _) = event.kind, id.step == step, !hasHappened {
            hasHappened = true
            await happen()
        }
        try await store.append(event, number: number, after: rollout, under: lease)
    }
}
