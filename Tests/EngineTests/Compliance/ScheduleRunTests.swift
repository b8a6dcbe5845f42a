import Engine
import Fleet
import Foundation
import Store
import TestSupport
import Testing

/// Whether a run is under way tells the lease of who runs schedules: the store alone can't know that somebody died.
@Suite struct ScheduleRunTests {
    private let folder: TemporaryFolder
    private let store: Store
    private let name: ScheduleName
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    init() async throws {
        folder = try TemporaryFolder()
        store = try Store.open(path: folder.path(of: "fleet.db"))
        name = try #require(ScheduleName("nightly"))
        let schedule = Schedule(name: name, cron: try CronExpression(parsing: "@daily"), playbook: "p.yaml")
        try await store.setSchedules([schedule], at: start)
    }

    private func at(_ seconds: Int) -> Timestamp { start.adding(seconds: seconds) }

    private func take(_ holder: LeaseHolder, at seconds: Int) async throws -> Lease {
        try await store.acquireLease(ScheduleService.leaseName, for: holder.description, seconds: 30, at: at(seconds))
    }

    private func run(at seconds: Int) async throws -> ScheduleRun? {
        let lease = try await store.lease(ScheduleService.leaseName)
        return try await store.schedules().first?.run(under: lease, at: at(seconds))
    }

    @Test func itIsUnderWayOnlyWhileWhoBeganItHasTheLease() async throws {
        #expect(try await run(at: 0) == .notYet)
        let lease = try await take(LeaseHolder(actor: "anna"), at: 10)
        try await store.beginRun(of: name, at: at(10))
        #expect(try await run(at: 11) == .underWay)
        #expect(try await run(at: 41) == .brokenOff, "the lease ran out: nobody has renewed it")
        try await store.release(lease)
        #expect(try await run(at: 12) == .brokenOff, "it was told to end")
        _ = try await take(LeaseHolder(actor: "ben"), at: 50)
        #expect(try await run(at: 51) == .brokenOff, "the next one has not begun it again yet")
        try await store.beginRun(of: name, at: at(52))
        #expect(try await run(at: 53) == .underWay)
        try await store.endRun(of: name, ScheduleOutcome(), at: at(54))
        #expect(try await run(at: 900) == .ended)
    }

    /// Its lease has not run out yet, and the process that held it is known to be gone.
    @Test func whatAKilledProcessRanIsBrokenOffAtOnce() async throws {
        let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let pid = ProcessInfo.processInfo.processIdentifier
        _ = try await take(LeaseHolder(description: "anna, process \(pid) started at 1 in boot \(boot)"), at: 0)
        try await store.beginRun(of: name, at: at(1))
        #expect(try await run(at: 2) == .brokenOff)
    }
}
