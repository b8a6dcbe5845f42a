import Dispatch
import Fleet
import Foundation
import TestSupport
import Testing

/// Thousands of roll-outs over fleets on which things go wrong, each driven by the real driver in virtual time. A seed that
/// fails is named and can be run alone: `VFIOFLEET_SEEDS=4711 swift test --filter SimulationTests`, with
/// `VFIOFLEET_TRACE=1` to see its whole course. `VFIOFLEET_SEEDS=0-1000000` runs for longer, and `VFIOFLEET_SEEDS=20000-`
/// from there on without end, until one fails.
@Suite("Roll-out: simulated fleets")
struct SimulationTests {
    /// Each processor core takes every so manieth seed; a suite that runs its tests one after the other uses all of them too.
    @Test func whatMustHoldHoldsInEveryCourse() async throws {
        let cores = UInt64(max(1, ProcessInfo.processInfo.activeProcessorCount))
        try await withThrowingTaskGroup { group in
            for part in 0..<cores {
                group.addTask { try await SimulationRun.onAThread { try Self.run(part: part, of: cores) } }
            }
            for try await case let failure? in group { Issue.record("\(failure)") }
        }
    }

    /// The first seed that fails, with the end of its course; nil = none does.
    private static func run(part: UInt64, of parts: UInt64) throws -> String? {
        let (seeds, isTold) = (SimulationRun.seeds, ProcessInfo.processInfo.environment["VFIOFLEET_TRACE"] != nil)
        var (seed, isOver) = seeds.lowerBound.addingReportingOverflow(part)
        while !isOver, seed < seeds.upperBound {
            defer { (seed, isOver) = seed.addingReportingOverflow(parts) }
            if seeds.upperBound == .max, seed % 100_000 == part { print("\(seed): all has held so far") }
            let course = try SimulationRun.course(seed)
            course.run()
            if isTold { print(course.trace.joined(separator: "\n")) }
            guard course.broken.isEmpty else {
                let end = course.trace.suffix(60).joined(separator: "\n")
                return "seed \(seed): \(course.broken.joined(separator: "; "))\n\(end)"
            }
        }
        return nil
    }

    @Test func oneSeedIsOneCourse() async throws {
        for seed in SimulationRun.seeds.prefix(200) {
            let traces = try await SimulationRun.onAThread {
                try (0..<2).map { _ in
                    let course = try SimulationRun.course(seed)
                    course.run()
                    return course.trace
                }
            }
            #expect(traces[0] == traces[1], "seed \(seed)")
        }
    }

    /// What the simulation looks for, it finds.
    @Test func aLieIsSeen() async throws {
        let (member, run, guests) = try await SimulationRun.onAThread { try Self.verifiedNode() }
        func flaw(_ result: NodeResult = .verified, _ change: (inout SimulatedMember) -> Void = { _ in }) -> String? {
            var changed = member
            change(&changed)
            return changed.flaw(in: result, run, guests)
        }
        #expect(flaw() == nil)
        #expect(flaw { $0.isOnDisk = false } == "its files are not there")
        #expect(flaw { $0.isRunning = false } == "its devices are not bound")
        #expect(flaw { $0.trial = .waiting(until: 9) } == "it is not confirmed")
        #expect(flaw(.held) == "it was touched")
        #expect(flaw(.reverted(NodeProblem(step: "x", error: FleetError("x", "X.")))) == "it is not back as it was")
        let token = FencingToken(number: .max, rollout: try #require(RolloutID("r1")))
        #expect(flaw { try? $0.take(token) } == "its lock was forgotten")
    }

    /// A guarded one, after its roll-out went well.
    private static func verifiedNode() throws -> (SimulatedMember, NodeRun, SimulatedGuests) {
        for seed in UInt64(0)... {
            let course = try SimulationRun.course(seed)
            course.run()
            let fleet = course.fleet
            guard fleet.kept.settings.confirmWithinSeconds != nil,
                let run = fleet.kept.nodes.first(where: { $0.state.result == .verified && $0.work.reboots }),
                let member = fleet.members[run.node]
            else { continue }
            return (member, run, fleet.guests)
        }
        preconditionFailure("there are seeds without end")
    }

    /// A simulation in which everything goes well proves little: all ends must come up, and often.
    @Test func everyEndComesUp() async throws {
        let ends = try await SimulationRun.onAThread {
            var ends: [String: Int] = [:]
            for seed in UInt64(0)..<700 {
                let course = try SimulationRun.course(seed)
                course.run()
                for run in course.fleet.kept.nodes { ends[run.state.word, default: 0] += 1 }
                ends[course.fleet.kept.phase.word, default: 0] += 1
            }
            return ends
        }
        for end in ["verified", "held", "failed", "lost", "reverted", "skipped", "completed", "stopped"] {
            #expect(ends[end, default: 0] >= 5, "\(end): \(ends)")
        }
    }
}

/// What the tests of the simulation share.
enum SimulationRun {
    static let seeds: Range<UInt64> = {
        guard let text = ProcessInfo.processInfo.environment["VFIOFLEET_SEEDS"] else { return 0..<20_000 }
        let words = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let last = words.count == 1 ? words[0] : words[1]
        guard let first = UInt64(words[0]), let end = last.isEmpty ? .max : UInt64(last).map({ $0 + 1 }), first < end
        else { preconditionFailure("VFIOFLEET_SEEDS is a number, FIRST-LAST or FIRST-, not “\(text)”") }
        return first..<end
    }()

    /// A course runs on one thread from its beginning to its end, and keeps nobody else's tasks from running.
    static func onAThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
        }
    }

    static func setup(_ seed: UInt64) throws -> (SimulationSetup, SeededNumbers) {
        var random = SeededNumbers(seed: seed)
        return (try SimulationSetup(&random), random)
    }

    static func course(_ seed: UInt64) throws -> Course {
        let (setup, random) = try setup(seed)
        let start = Timestamp(milliseconds: 1_000_000)
        return Course(setup, random, ledger: MemoryLedger(setup.rollout, setup.plan, setup.nodes, at: start))
    }
}
