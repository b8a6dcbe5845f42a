import Fleet
import Foundation
import Store
import TestSupport
import Testing

@Suite("Opening a database")
struct OpeningTests {
    @Test func aNewFileBelongsToItsOwnerAlone() throws {
        let fixture = try Fixture()
        let mode = try FileManager.default.attributesOfItem(atPath: fixture.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try sqlite(fixture.path, "PRAGMA journal_mode; PRAGMA application_id") == "wal\n\(0x5646_494F)")
    }

    @Test func opensAgainAndTwiceAtOnce() throws {
        let fixture = try Fixture()
        let second = try Store.open(path: fixture.path)
        try second.close()
    }

    @Test func refusesADatabaseFromANewerVersion() throws {
        let fixture = try Fixture()
        try sqlite(fixture.path, "INSERT INTO grdb_migrations VALUES ('99 the future')")
        let error = #expect(throws: FleetError.self) { try Store.open(path: fixture.path) }
        #expect(error?.code == "store-newer-schema")
        #expect(error?.advice != nil)
    }

    @Test func refusesAnotherProgramsDatabaseAndLeavesItAlone() throws {
        let fixture = try Fixture()
        let path = fixture.directory.appending(path: "other.db").path
        try sqlite(path, "CREATE TABLE bookmark (url)")
        let before = try Data(contentsOf: URL(filePath: path))
        let error = #expect(throws: FleetError.self) { try Store.open(path: path) }
        #expect(error?.code == "store-foreign-file")
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    @Test func refusesAFileThatIsNoDatabase() throws {
        let fixture = try Fixture()
        let path = fixture.directory.appending(path: "text.db").path
        try Data(repeating: UInt8(ascii: "x"), count: 8192).write(to: URL(filePath: path))
        let error = #expect(throws: FleetError.self) { try Store.open(path: path) }
        #expect(error?.code == "store-not-a-database")
    }

    @Test func refusesADirectoryItCannotUse() throws {
        let error = #expect(throws: FleetError.self) { try Store.open(path: "/proc/vfiofleet/fleet.db") }
        #expect(error?.code == "store-cannot-open")
    }

    @Test func aLockedDatabaseIsSaidSoAfterItsPatience() async throws {
        let fixture = try Fixture()
        let impatient = try Store.open(path: fixture.path, patience: .milliseconds(50))
        let holder = Process()
        let ready = Pipe()
        let input = Pipe()
        holder.executableURL = URL(filePath: "/usr/bin/sqlite3")
        holder.arguments = [fixture.path]
        holder.standardInput = input
        holder.standardOutput = ready
        try holder.run()
        try input.fileHandleForWriting.write(contentsOf: Data("BEGIN IMMEDIATE; SELECT 'held';\n".utf8))
        #expect(try ready.fileHandleForReading.read(upToCount: 4) == Data("held".utf8))
        await #expect(throws: FleetError.self) { try await impatient.beginSweep(of: 1, at: at(1)) }
        await expectCode("store-locked") { _ = try await impatient.beginSweep(of: 1, at: at(1)) }
        #expect(try await impatient.sweeps().isEmpty, "readers are not held up by a writer")
        try input.fileHandleForWriting.close()
        holder.waitUntilExit()
        _ = try await impatient.beginSweep(of: 1, at: at(1))
    }

    /// `size=` on a tmpfs is a disk that really is full.
    @Test func aFullDiskIsSaidSoAndNothingIsHalfWritten() async throws {
        let disk = try SmallDisk(kilobytes: 768)
        let store = try Store.open(path: disk.path + "/fleet.db")
        _ = try await store.importInventory(Inventory(nodes: [node("pve1")]), at: at(1), by: "test")
        let answer = [UInt8](repeating: 7, count: 100_000)
        var stored = 0
        await expectCode("store-disk-full") {
            for number in 0..<100 {
                let raw = answer + Array("\(number)".utf8)
                _ = try await store.record([Sighting(of: "pve1", at: at(2), answer: raw)])
                stored += 1
            }
        }
        #expect(stored < 20)
        #expect(try await store.observations(of: "pve1").count == stored)
        try store.close()
        #expect(try sqlite(disk.path + "/fleet.db", "PRAGMA integrity_check") == "ok")
    }

    @Test func aRowThatCannotBeReadIsAnError() async throws {
        let fixture = try Fixture()
        let inventory = Inventory(nodes: [node("pve1"), node("pve2")])
        _ = try await fixture.store.importInventory(inventory, at: at(1), by: "test")
        try sqlite(fixture.path, #"UPDATE node SET description = '{"name":"pve2"}' WHERE name = 'pve2'"#)
        await expectCode("store-unreadable-row") { _ = try await fixture.store.nodes() }
    }

    @Test func sqliteItselfKeepsTheRules() throws {
        let fixture = try Fixture()
        #expect(try sqlite(fixture.path, "UPDATE fencing SET number = 0").contains("only grows"))
        #expect(try sqlite(fixture.path, "INSERT INTO answer VALUES (1, x'00', x'')").contains("constraint failed"))
        #expect(
            try sqlite(
                fixture.path, "PRAGMA foreign_keys = ON; INSERT INTO observation VALUES (1, 9, 9, 1, 1, 1, 1)"
            ).contains("FOREIGN KEY"))
    }
}

func expectCode(
    _ code: FleetError.Code, sourceLocation: Testing.SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("expected \(code), and nothing failed", sourceLocation: sourceLocation)
    } catch {
        #expect((error as? FleetError)?.code == code, "\(error)", sourceLocation: sourceLocation)
    }
}
