import Fleet
import Foundation
import Store
import Testing

/// Databases as each earlier version wrote them: `Schemas/N.sql` holds one with the schema N and data in its tables.
@Suite("Databases of earlier versions") struct MigrationTests {
    static let earlier = 1...8

    static func database(of version: Int, in fixture: Fixture) throws -> String {
        let path = fixture.directory.appending(path: "\(version).db").path
        let dump = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Schemas/\(version).sql")
        #expect(try sqlite(path, ".read \(dump.path)") == "")
        return path
    }

    /// A schema without a dump would never be tried.
    @Test func everyEarlierSchemaHasADump() throws {
        let fixture = try Fixture()
        let newest = try sqlite(fixture.path, "SELECT max(CAST(identifier AS INTEGER)) FROM grdb_migrations")
        #expect(Int(newest) == Self.earlier.upperBound + 1)
    }

    @Test(arguments: earlier) func isTakenOverWithAllItHolds(_ version: Int) async throws {
        let fixture = try Fixture()
        let path = try Self.database(of: version, in: fixture)
        let store = try Store.open(path: path)
        #expect(try sqlite(path, "PRAGMA integrity_check; SELECT count(*) FROM pragma_foreign_key_check") == "ok\n0")
        let tables = "SELECT sql FROM sqlite_schema WHERE type <> 'index' ORDER BY name"
        let isAsNew = try Self.normal(sqlite(path, tables)) == Self.normal(sqlite(fixture.path, tables))
        #expect(isAsNew, "the tables are as those of a new database")
        #expect(try await store.nodes().map(\.name) == ["pve1", "pve2"])
        if version != 2 {
            #expect(try await store.observations(of: "pve1").map(\.times) == [3])
            #expect(try await store.currentFailures()["pve2"]?.error.code == "ssh-timed-out")
        }
        let report = try await store.checkAudit()
        #expect(report.flaws.isEmpty && report.lines == (version < 2 ? 0 : 3), "\(report)")
        #expect(try await store.rollouts().map(\.rollout.id.description) == (version < 2 ? [] : ["r1"]))
        if version >= 5 { try await Self.expectCompliance(store) }
        #expect(try await store.proposals().map(\.schedule) == (version < 6 ? [] : ["nightly"]))
        #expect(try await store.users().map(\.name.description) == (version < 7 ? [] : ["anna"]))
        #expect(try await store.openRequests().map(\.askedBy) == (version < 7 ? [] : ["otto@web"]))
        // Nothing was summarised by then; every answer is to be read.
        #expect(try await store.nodesWithoutCards(by: "test") == (version == 2 ? [] : ["pve1"]))
        try store.close()
    }

    private static func expectCompliance(_ store: Store) async throws {
        // On what days it was looked at was not kept then; a few show.
        let days = try await store.lookDays(since: at(0))
        #expect(days["pve1"]?.days == [at(0): true])
        let standing = try #require(try await store.currentStandings().first)
        #expect(standing.state.status == .fail && standing.drift == nil)
        let standings = try await store.standings(of: "pve1")
        #expect(standings.map(\.state.status).prefix(2) == [.pass, .fail])
        // It failed in another way later on: since when it failed is told from the rows.
        let times = [(at(3), at(3)), (at(4), at(4)), (at(5), at(4))].prefix(standings.count)
        #expect(standings.map(\.firstSeen) == times.map(\.0) && standings.map(\.statusSince) == times.map(\.1))
        #expect(try await store.exemptions().map(\.exemption.reason) == ["card on loan", "was mended"])
        let schedule = try #require(try await store.schedules().first)
        #expect(schedule.schedule.remediation == nil && schedule.outcome?.noncompliant == 1)
        // What ran out before anybody was told of such is no news now.
        try await store.tellExpiredExemptions([AlertRoute("ops")], at: at(5))
        #expect(try await store.alerts().isEmpty)
    }

    /// Without white space, comments and the quotes that SQLite adds to names.
    private static func normal(_ sql: String) -> String {
        sql.split(separator: "\n").map { $0.split(separator: "--", omittingEmptySubsequences: false)[0] }.joined()
            .filter { !$0.isWhitespace && $0 != "\"" }
    }
}
