import Foundation
import TestSupport
import Testing

/// The audit log through the built program.
@Suite struct AuditTests {
    @Test func whatWasDoneIsListedProvenAndMissedWhenRewritten() async throws {
        let folder = try TemporaryFolder()
        let database = folder.path + "/fleet.db"
        let program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": database])
        let inventory = try folder.write("nodes:\n  pve1: {address: 192.0.2.1}\n", to: "inventory.yaml")
        #expect(try await program.run("inventory", "import", inventory).status == 0)

        let list = try await program.run("audit")
        #expect(list.status == 0 && list.output.contains("inventory-import"), "\(list.transcript)")
        let good = try await program.run("audit", "verify")
        #expect(good.status == 0 && good.output.hasPrefix("1 line, 0 roll-out events, 0 plans: as they were written\n"))
        let head = String(try #require(good.output.split(whereSeparator: \.isWhitespace).last))
        #expect(try await program.run("audit", "verify", "--noted", head).status == 0)
        #expect(try await program.run("audit", "verify", "--noted", "4be1").status == 64)

        let change = "DROP TRIGGER audit_kept; UPDATE audit SET actor = 'nobody'"
        #expect(try await Program("/usr/bin/sqlite3").run(database, change).status == 0)
        let bad = try await program.run("audit", "verify")
        #expect(bad.status == 1 && bad.error.contains("line 1 of the audit log"), "\(bad.transcript)")
        #expect(bad.error.contains("[audit-broken]"))
    }
}
