import Engine
import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// The database of simulated controllers is kept in memory. With the real one each course is the same, and what it has kept
/// is sound.
@Suite("Roll-out: simulated fleets and the real store")
struct LedgerTests {
    @Test func theRealStoreGivesTheSameCourse() async throws {
        for seed in UInt64(0)..<40 {
            let inMemory = try await SimulationRun.onAThread {
                let course = try SimulationRun.course(seed)
                course.run()
                return course.trace
            }
            let folder = try TemporaryFolder(in: Self.memory)
            let store = try Store.open(path: folder.path(of: "fleet.db"))
            defer { try? store.close() }
            let (setup, random) = try SimulationRun.setup(seed)
            let course = Course(try await Self.keep(setup, in: store), random, ledger: store)
            try await SimulationRun.onAThread { course.run() }
            #expect(course.broken == [], "seed \(seed)")
            #expect(course.trace == inMemory, "seed \(seed): \(Self.firstDifference(course.trace, inMemory))")
            try await Self.check(store, course, "seed \(seed)")
        }
    }

    /// A file system without a disk: a sync costs nothing there.
    private static let memory = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()

    private static func keep(_ setup: SimulationSetup, in store: Store) async throws -> SimulationSetup {
        let time = Timestamp(milliseconds: 1_000_000)
        _ = try await store.importInventory(Inventory(nodes: setup.nodes), at: time, by: "test")
        let digest = try await store.save(setup.plan, at: time)
        var kept = setup
        kept.rollout = Rollout(
            id: setup.rollout.id, of: setup.plan, digest: digest, domains: setup.domains, zones: setup.rollout.zones)
        try await store.create(kept.rollout, at: time, by: "test")
        return kept
    }

    private static func check(_ store: Store, _ course: Course, _ comment: Comment) async throws {
        let id = course.fleet.rollout
        let kept = try await store.rollout(id)
        #expect(kept.rollout == course.fleet.kept, comment)
        #expect(try await store.checkAudit().flaws == [], comment)
        var replayed = course.first
        for entry in try await store.journal(of: id) {
            guard case .accepted = replayed.handle(entry.event) else {
                Issue.record("event \(entry.number) is not taken again, \(comment)")
                return
            }
        }
        #expect(replayed == kept.rollout, comment)
    }

    private static func firstDifference(_ a: [String], _ b: [String]) -> String {
        zip(a, b).first { $0 != $1 }.map { "“\($0)” instead of “\($1)”" } ?? "\(a.count) lines instead of \(b.count)"
    }
}
