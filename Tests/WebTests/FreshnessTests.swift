import Fleet
import Forms
import Testing

@testable import Store

@Suite struct FreshnessTests {
    private let now = Timestamp(milliseconds: 1_700_000_000_000)  // Tuesday 2023-11-14T22:13:20Z

    private func ago(_ hours: Int) -> Timestamp { now.adding(seconds: -hours * 3600) }

    private func schedule(
        _ cron: String, selector: String? = nil, begun: Int? = nil, ended: Int? = nil, playbook: String? = "gpu"
    ) throws -> StoredSchedule {
        let name = try #require(ScheduleName("nightly"))
        return StoredSchedule(
            schedule: Schedule(
                name: name, cron: try CronExpression(parsing: cron), playbook: "gpu.yaml", selector: selector),
            knownSince: ago(1000), begunAt: begun.map(ago), endedAt: ended.map(ago),
            outcome: ScheduleOutcome(playbook: playbook))
    }

    private func isStale(_ schedules: [StoredSchedule], _ looks: [(playbook: String, hours: Int)]) throws -> Bool {
        let node = Node(name: try #require(NodeName("n1")), connection: ConnectionSettings(address: "192.0.2.1"))
        let seen = looks.map {
            Verification(node: node.name, playbook: $0.playbook, triedAt: now, observedAt: ago($0.hours))
        }
        return Freshness(schedules, [node], at: now).staleSince(node.name, seen) != nil
    }

    @Test func aLookCountsForTwiceItsSchedulesPause() throws {
        let nightly = try schedule("30 3 * * *")
        #expect(try !isStale([nightly], [("gpu", 47)]))
        #expect(try isStale([nightly], [("gpu", 49)]))
        let workdays = try schedule("30 3 * * mon-fri")
        #expect(try !isStale([workdays], [("gpu", 140)]), "over a weekend nobody looks")
        #expect(try isStale([workdays], [("gpu", 145)]))
        #expect(try !isStale([try schedule("*/5 * * * *")], [("gpu", 1)]), "a run over many nodes takes its time")
        #expect(try isStale([nightly], [("gpu", 60), ("other", 1)]), "another playbook's look does not make up for it")
        #expect(try !isStale([nightly], [("gpu", 1), ("other", 900)]), "nobody asks for that one any more")
    }

    @Test func withoutAScheduleALookCountsForTwoDays() throws {
        #expect(try !isStale([], [("gpu", 47)]) && isStale([], [("gpu", 49)]))
        let elsewhere = try schedule("@weekly", selector: "n1")
        #expect(try !isStale([elsewhere], [("gpu", 300)]))
        #expect(try isStale([try schedule("@weekly", playbook: nil)], [("gpu", 49)]))
        #expect(try !isStale([], []), "it was never looked at: that is another state")
    }

    @Test func aScheduleIsLateAfterAQuarterOfAnHour() throws {
        // Due at 22:00, 13 minutes ago.
        #expect(try schedule("0 22 * * *", begun: 24, ended: 24).lateSince(at: now) == nil)
        let due = try schedule("0 21 * * *", begun: 24, ended: 24)
        #expect(try due.lateSince(at: now)?.iso8601 == "2023-11-14T21:00:00Z")
        #expect(try schedule("0 21 * * *", begun: 1, ended: 1).lateSince(at: now) == nil)
        let hanging = try schedule("0 * * * *", begun: 30)
        #expect(try hanging.lateSince(at: now) != nil, "it began, and did not come to its end")
    }
}
