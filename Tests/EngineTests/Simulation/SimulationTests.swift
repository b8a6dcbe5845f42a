import Dispatch
import Engine
import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Thousands of roll-outs over fleets on which things go wrong, each by the real driver in virtual time. A seed that fails is
/// named and can be run alone:
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
            for part in 0..<cores {
                group.addTask { try await Self.onAThread { try Self.run(part: part, of: cores) } }
            }
            for try await failure in group { if let failure { Issue.record("\(failure)") } }
        }
    }

    /// A course runs on one thread from its beginning to its end, and keeps nobody else's tasks from running.
    private static func onAThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
        }
    }

    private static func course(_ seed: UInt64) throws -> Course {
        var random = SeededNumbers(seed: seed)
        let setup = try SimulationSetup(&random)
        let start = Timestamp(milliseconds: 1_000_000)
        return Course(setup, random, ledger: MemoryLedger(setup.rollout, setup.plan, setup.nodes, at: start))
    }

    private static func run(part: UInt64, of parts: UInt64) throws -> String? {
        var (seed, isOver) = seeds.lowerBound.addingReportingOverflow(part)
        while !isOver, seed < seeds.upperBound {
            defer { (seed, isOver) = seed.addingReportingOverflow(parts) }
            if seeds.upperBound == .max, seed % 100_000 == part { print("\(seed): all has held so far") }
            let course = try course(seed)
            course.run()
            if ProcessInfo.processInfo.environment["VFIOFLEET_TRACE"] != nil {
                print(course.trace.joined(separator: "\n"))
            }
            guard course.broken.isEmpty else {
                let end = course.trace.suffix(60).joined(separator: "\n")
                return "seed \(seed): \(course.broken.joined(separator: "; "))\n\(end)"
            }
        }
        return nil
    }

    @Test func oneSeedIsOneCourse() async throws {
        for seed in Self.seeds.prefix(200) {
            let traces = try await Self.onAThread {
                try (0..<2).map { _ in
                    let course = try Self.course(seed)
                    course.run()
                    return course.trace
                }
            }
            #expect(traces[0] == traces[1], "seed \(seed)")
        }
    }

    /// A simulation in which everything goes well proves little: all ends must come up, and often.
    @Test func everyEndComesUp() async throws {
        let ends = try await Self.onAThread {
            var ends: [String: Int] = [:]
            for seed in UInt64(0)..<700 {
                let course = try Self.course(seed)
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
