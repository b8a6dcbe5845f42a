import Fleet
import Foundation
import Store
import TestSupport
import Testing

@Suite("Backups") struct BackupTests {
    private let fixture: Fixture
    private var store: Store { fixture.store }
    private var file: String { fixture.directory.appending(path: "backup.db").path }

    init() async throws {
        fixture = try Fixture()
        _ = try await fixture.store.importInventory(Inventory(nodes: [node("pve1")]), at: at(1), by: "t")
    }

    private func restore(_ backup: String, isGone: Bool = false) async throws -> String? {
        try await Store.restore(backup, to: fixture.path, at: at(100), by: "t") { _ in isGone }
    }

    @Test func aBackupIsOnePrivateFileWithEverything() async throws {
        // Written meanwhile, by another connection: the copy is of one moment.
        let store = store
        async let writes: Void = { () async throws in
            for second in 2..<40 as Range<Int64> {
                try await store.note("note", subject: "s", at: at(second), by: "t")
            }
        }()
        try await store.backUp(to: file)
        try await writes
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(
            try sqlite(file, "PRAGMA journal_mode; PRAGMA integrity_check; SELECT count(*) FROM node")
                == "delete\nok\n1")
        let files = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path)
        #expect(!files.contains { $0.hasPrefix("backup.db") && $0 != "backup.db" })
        let copy = try Store.open(path: file)
        #expect(try await copy.checkAudit().flaws.isEmpty)
        try copy.close()
        await expectCode("backup-exists") { try await store.backUp(to: file) }
    }

    @Test func aRestoreKeepsWhatWasThere() async throws {
        try await store.backUp(to: file)
        _ = try await store.importInventory(Inventory(nodes: [node("pve1"), node("pve2")]), at: at(2), by: "t")
        let kept = try #require(try await restore(file))
        // Whoever still has the old files open must not go on as if nothing had happened.
        await expectCode("store-replaced") { try await store.note("x", subject: "y", at: at(3), by: "t") }
        let restored = try Store.open(path: fixture.path)
        #expect(try await restored.nodes().map(\.name) == ["pve1"])
        #expect(try await restored.auditLog().last?.action == "restore")
        #expect(try await restored.checkAudit().flaws.isEmpty)
        try restored.close()
        let old = try Store.open(path: kept)
        #expect(try await old.nodes().count == 2)
        try old.close()
    }

    @Test func isRefusedWhileAProcessHoldsALease() async throws {
        try await store.backUp(to: file)
        _ = try await store.acquireLease("schedules", for: "anna, process 1", seconds: 30, at: at(99))
        await expectCode("restore-in-use") { _ = try await restore(file) }
        #expect(try await restore(file, isGone: true) != nil, "a process that is gone holds nobody up")
        let restored = try Store.open(path: fixture.path)
        #expect(try await restored.lease("schedules") == nil)
        try restored.close()
    }

    @Test func whatIsNoSoundBackupChangesNothing() async throws {
        try await store.backUp(to: file)
        let forged = fixture.directory.appending(path: "forged.db").path
        try FileManager.default.copyItem(atPath: file, toPath: forged)
        #expect(try sqlite(forged, "DROP TRIGGER audit_kept; UPDATE audit SET actor = 'eve'") == "")
        await expectCode("backup-damaged") { _ = try await restore(forged) }
        let newer = fixture.directory.appending(path: "newer.db").path
        try FileManager.default.copyItem(atPath: file, toPath: newer)
        try sqlite(newer, "INSERT INTO grdb_migrations VALUES ('99 the future')")
        await expectCode("store-newer-schema") { _ = try await restore(newer) }
        let torn = fixture.directory.appending(path: "torn.db").path
        let bytes = try Data(contentsOf: URL(filePath: file))
        try (bytes.prefix(8192) + Data(repeating: 7, count: 20_000)).write(to: URL(filePath: torn))
        await #expect(throws: FleetError.self) { _ = try await restore(torn) }
        await expectCode("backup-unknown") { _ = try await restore("/nowhere.db") }
        #expect(try await store.nodes().count == 1, "what is in use is as it was")
        try await store.note("x", subject: "y", at: at(3), by: "t")
        let files = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path)
        #expect(!files.contains { $0.contains("restored") || $0.contains("before-restore") }, "\(files)")
    }

    @Test func aBackupOfAnEarlierSchemaIsBroughtUpToDate() async throws {
        let old = try MigrationTests.database(of: 3, in: fixture)
        _ = try await restore(old)
        let restored = try Store.open(path: fixture.path)
        #expect(try await restored.nodes().count == 2)
        #expect(try await restored.checkAudit().lines == 4)
        try restored.close()
    }

    @Test(.enabled(if: getuid() == 0, "a small file system needs root")) func aFullDiskLeavesNoHalfBackup() async throws
    {
        let disk = try SmallDisk(kilobytes: 64)
        await expectCode("store-disk-full") { try await store.backUp(to: disk.path + "/b.db") }
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path).isEmpty)
    }
}
