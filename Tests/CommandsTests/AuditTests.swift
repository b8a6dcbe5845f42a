import Forms
import Foundation
import Store
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

    @Test func backupsAndRestoresAreWrittenDown() async throws {
        let folder = try TemporaryFolder()
        let program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": folder.path + "/fleet.db"])
        let copy = folder.path + "/copy.db"
        let made = try await program.run("backup", copy)
        #expect(made.status == 0 && made.error.isEmpty, "\(made.transcript)")
        let log = try await program.run("audit", "--json").output
        #expect(log.contains(#""action" : "backup""#) && log.contains(#"/copy.db""#), "\(log)")
        #expect(try await program.run("backup", copy).status == 1, "it is there already")
        #expect(try await program.run("audit", "--json").output == log, "what was refused made no backup")
        #expect(try await program.run("restore", copy, "--yes").status == 0)
        #expect(try await program.run("audit", "--json").output.contains(#""action" : "restore""#))
        #expect(try await program.run("audit", "verify").status == 0)
    }

    /// Which configuration was taken over when, and from when on a roll-out needs a second person.
    @Test(.timeLimit(.minutes(2))) func changesOfTheConfigurationAreWrittenDown() async throws {
        let web = try await WebFixture("  four-eyes: true\n")
        let good = try web.folder.text("web.yaml")
        func actions() async throws -> [String] {
            try await web.store.auditLog().map(\.action).filter { $0 != "lease-take" }
        }
        func reload(_ text: String?, until expected: [String]) async throws {
            if let text {
                try web.folder.write(text, to: "web.yaml")
                web.hangUp()
            }
            for _ in 0..<200 where try await actions() != expected { try await Task.sleep(for: .milliseconds(25)) }
            #expect(try await actions() == expected)
        }
        try await reload(nil, until: ["four-eyes-on"])
        try await reload(
            good.replacingOccurrences(of: "true", with: "false"), until: ["four-eyes-on", "config-reload"])
        try await reload("nonsense: true\n", until: ["four-eyes-on", "config-reload", "config-refused"])
        let log = try await web.store.auditLog().suffix(2).map(AuditDocument.init)
        #expect(log.allSatisfy { $0.subject.hasSuffix("/web.yaml") })
        #expect(log[0].detail["fourEyes"] == "off from the next start")
        #expect(log[0].detail["holds"]?.contains("the web page on 127.0.0.1:\(web.port)") == true)
        #expect(log[1].detail["errors"]?.contains("[config-unknown-key]") == true, "\(log[1].detail)")
        _ = try await web.end()

        try web.folder.write(good.replacingOccurrences(of: "true", with: "false"), to: "web.yaml")
        let again = try web.program.start(["serve", "--config", web.folder.path + "/web.yaml"])
        #expect(try await again.waits { try await actions().last == "four-eyes-off" })
        again.send(SIGTERM)
        _ = try await again.result()
        #expect(try await web.store.checkAudit().flaws.isEmpty)
    }
}
