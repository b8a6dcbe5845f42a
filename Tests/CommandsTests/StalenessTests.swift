import Fleet
import Forms
import Foundation
import Store
import TestSupport
import Testing

/// Of a node that was not looked at for too long, `compliance` claims nothing for now, in whatever form.
@Suite struct StalenessTests {
    private let folder: TemporaryFolder
    private let program: Program

    /// One that was just looked at, one that could not be reached the last time, one that nobody looked at for long.
    init() async throws {
        folder = try TemporaryFolder()
        let database = folder.path(of: "fleet.db")
        program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": database])
        let store = try Store.open(path: database)
        let names = ["fresh", "gone", "old"].compactMap { NodeName($0) }
        let nodes = names.map { Node(name: $0, connection: ConnectionSettings(address: "192.0.2.1")) }
        _ = try await store.importInventory(Inventory(nodes: nodes), at: WebFleet.ago(30), by: "test")
        let refused = FleetError("connect-refused", "The connection was refused.")
        for (name, days, failure) in [(0, 0, nil), (1, 1, nil), (1, 0, refused), (2, 12, nil)]
            as [(Int, Int, FleetError?)]
        {
            let check = CheckResult(.driver, device: "0000:01:00.0", .pass, "01:00.0 is on vfio-pci.", evidence: [])
            let seen = NodeCompliance(node: names[name], checks: failure == nil ? [check] : [])
            let look = NodeRules(seen, failure: failure, settings: .sha256(Array("asked".utf8)))
            _ = try await store.record([look], under: "gpu", at: WebFleet.ago(days))
        }
        try store.close()
    }

    private func compliance(_ arguments: String...) async throws -> Program.Result {
        try await program.run(["compliance"] + arguments)
    }

    @Test func theTableSaysSo() async throws {
        let (gone, old) = (WebFleet.ago(1).iso8601, WebFleet.ago(12).iso8601)
        let shown = try await compliance()
        #expect(shown.status == 1, "\(shown.transcript)")
        #expect(
            shown.error.contains("3 nodes: 1 as asked, 1 not fully known, 1 not looked at lately."), "\(shown.error)")
        #expect(shown.error.contains("2 nodes were not looked at since \(old) or later: gone,old. How they stand now"))
        let all = try await compliance("--all").output.split(separator: "\n")
        #expect(all.count { $0.contains("holds") } == 2, "\(all)")
        #expect(all.count { $0.contains("held") && $0.contains("(not looked at since \(old)) ") } == 2, "\(all)")
        #expect(all.count { $0.contains("held") && $0.contains("(not looked at since \(gone)) 01:00.0 is on") } == 1)
        let fresh = try await compliance("fresh")
        #expect(fresh.status == 0 && !fresh.transcript.contains("not looked at"), "\(fresh.transcript)")
        #expect(try await compliance("old").status == 1)
    }

    @Test func formsForProgramsSaySo() async throws {
        let files = ["json", "csv", "xml", "sarif", "html"].map { folder.path(of: "report.\($0)") }
        let json = try await compliance(
            "--csv", files[1], "--junit", files[2], "--sarif", files[3], "--html", files[4], "--json")
        try folder.write(json.output, to: "report.json")
        let script = """
            import csv, json, sys, xml.etree.ElementTree as tree
            entries = json.load(open(sys.argv[1]))
            print(*sorted((e['node'], e['rule'], 'notSeenSince' in e) for e in entries))
            print(*sorted((r['node'], r['rule'], r['not_seen_since'] != '') for r in csv.DictReader(open(sys.argv[2]))))
            root = tree.parse(sys.argv[3]).getroot()
            print(root.get('tests'), root.get('errors'), [c.find('error').get('message')[:23] for c in root.iter('testcase') if c.find('error') is not None and c.get('classname') == 'gpu.old'])
            print(*sorted((r['kind'], r['level'], r['message']['text'][:24]) for r in json.load(open(sys.argv[4]))['runs'][0]['results']))
            """
        let read = try await Program("/usr/bin/python3").run(["-c", script] + files)
        let rows =
            "('fresh', 'driver', False) ('fresh', 'observed', False) ('gone', 'driver', True) "
            + "('gone', 'observed', True) ('old', 'driver', True) ('old', 'observed', True)"
        #expect(
            read.output == """
                \(rows)
                \(rows)
                6 4 ['(not looked at since 20', '(not looked at since 20']
                ('open', 'none', 'gone: (not looked at sin') ('open', 'none', 'old: (not looked at sinc')

                """, "\(read.transcript)")
        let page = try folder.text("report.html")
        #expect(page.contains("<b class=\"warning\">1</b> not looked at lately") && !page.contains("Every rule holds"))
        #expect(page.contains("2 nodes were not looked at since \(WebFleet.ago(12).iso8601) or later: gone,old."))
    }
}
