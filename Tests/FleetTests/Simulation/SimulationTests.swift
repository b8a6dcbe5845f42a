import Fleet
import Foundation
import Testing

/// Thousands of roll-outs over fleets on which things go wrong. A seed that fails is named and can be run alone:
/// `VFIOFLEET_SEEDS=4711 swift test --filter SimulationTests`; `VFIOFLEET_SEEDS=0-1000000` runs for longer.
@Suite("Roll-out: simulated fleets")
struct SimulationTests {
    private static let seeds: Range<UInt64> = {
        let words = ProcessInfo.processInfo.environment["VFIOFLEET_SEEDS"]?.split(separator: "-") ?? []
        let numbers = words.compactMap { UInt64($0) }
        guard let first = numbers.first, let last = numbers.last, first <= last else { return 0..<20_000 }
        return first..<(last + 1)
    }()

    /// Two halves, one for each core.
    @Test(arguments: [0, 1] as [UInt64]) func whatMustHoldHoldsInEveryCourse(half: UInt64) throws {
        for seed in Self.seeds where seed % 2 == half {
            var simulation = try Simulation(seed: seed)
            simulation.run()
            guard simulation.broken.isEmpty else {
                let course = simulation.trace.suffix(60).joined(separator: "\n")
                Issue.record("seed \(seed): \(simulation.broken.joined(separator: "; "))\n\(course)")
                return
            }
        }
    }

    /// What the simulation looks for, it finds.
    @Test func aLieIsSeen() throws {
        var member = SimulatedMember(name("n1"), fate: .well, bootSeconds: 20)
        var run = try RolloutFixture([change("n1", guests: [])])
        run.handle(.start)
        run.runToEnd()
        let node = try #require(run.rollout[name("n1")])
        #expect(member.flaw(in: .verified, node) == "its files are not there")
        member.isOnDisk = true
        #expect(member.flaw(in: .verified, node) == "its devices are not bound")
        #expect(member.flaw(in: .held, node) == "it was touched")
        member.isRunning = true
        member.trial = .waiting(until: 9)
        #expect(member.flaw(in: .verified, node) == "it is not confirmed")
        #expect(member.flaw(in: .reverted(NodeProblem(step: "x", error: FleetError("x", "X."))), node) != nil)
        member.trial = .confirmed
        #expect(member.flaw(in: .verified, node) == nil)
        member.lock = FencingToken(number: 1, rollout: run.rollout.id)
        #expect(member.flaw(in: .verified, node) == "its lock was forgotten")
    }

    @Test func oneSeedIsOneCourse() throws {
        for seed in Self.seeds.prefix(200) {
            var (first, second) = (try Simulation(seed: seed), try Simulation(seed: seed))
            first.run()
            second.run()
            #expect(first.trace == second.trace, "seed \(seed)")
        }
    }

    /// A simulation in which everything goes well proves little: all ends must come up, and often.
    @Test func everyEndComesUp() throws {
        var ends: [String: Int] = [:]
        for seed in UInt64(0)..<500 {
            var simulation = try Simulation(seed: seed)
            simulation.run()
            for run in simulation.rollout.nodes { ends[run.state.word, default: 0] += 1 }
            ends[simulation.rollout.phase.word, default: 0] += 1
        }
        for end in ["verified", "held", "failed", "lost", "reverted", "skipped", "completed", "stopped"] {
            #expect(ends[end, default: 0] >= 5, "\(end): \(ends)")
        }
    }
}
