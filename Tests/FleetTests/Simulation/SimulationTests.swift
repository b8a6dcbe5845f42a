import Fleet
import Foundation
import Testing

/// Thousands of roll-outs over fleets on which things go wrong. A seed that fails is named and can be run alone:
/// `VFIOFLEET_SEEDS=4711 swift test --filter SimulationTests`. `VFIOFLEET_SEEDS=0-1000000` runs for longer, and
/// `VFIOFLEET_SEEDS=20000-` from there on without end, until one fails.
@Suite("Roll-out: simulated fleets")
struct SimulationTests {
    private static let seeds: Range<UInt64> = {
        guard let text = ProcessInfo.processInfo.environment["VFIOFLEET_SEEDS"] else { return 0..<20_000 }
        let words = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let last = words.count == 1 ? words[0] : words[1]
        guard let first = UInt64(words[0]), let end = last.isEmpty ? .max : UInt64(last).map({ $0 + 1 }), first < end
        else { preconditionFailure("VFIOFLEET_SEEDS is a number, FIRST-LAST or FIRST-, not “\(text)”") }
        return first..<end
    }()

    /// Each processor core takes every so manieth seed; a suite that runs its tests one after the other uses all of them too.
    @Test func whatMustHoldHoldsInEveryCourse() async throws {
        let cores = UInt64(max(1, ProcessInfo.processInfo.activeProcessorCount))
        try await withThrowingTaskGroup { group in
            for part in 0..<cores { group.addTask { try Self.run(part: part, of: cores) } }
            try await group.waitForAll()
        }
    }

    private static func run(part: UInt64, of parts: UInt64) throws {
        var (seed, isOver) = seeds.lowerBound.addingReportingOverflow(part)
        while !isOver, seed < seeds.upperBound, !Task.isCancelled {
            defer { (seed, isOver) = seed.addingReportingOverflow(parts) }
            if seeds.upperBound == .max, seed % 100_000 == part { print("\(seed): all has held so far") }
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
        var member = SimulatedMember(change("n1", guests: []), fate: .well, bootSeconds: 20)
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
        for seed in UInt64(0)..<700 {
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
