internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Store

struct AuditVerify: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Prove that log, journals and plans are as they were written.",
        discussion: """
            Every line carries a digest over itself and the line before, so a line that was changed, removed or put in \
            shows. Lines cut off at the end show only to somebody who noted the last digest: keep it elsewhere, and \
            give it with --noted next time.

            Exit status: 0 all fits, 1 something does not.

            Examples:
              vfiofleet audit verify
              vfiofleet audit verify --noted 4be1…64 digits…
            """)

    @Option(
        help: ArgumentHelp("A digest that was noted earlier; may be given several times.", valueName: "digest"),
        transform: Self.digest)
    var noted: [ContentDigest] = []
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func execute(in context: Context) async throws -> Outcome {
        let report = try await context.openStore().checkAudit(noted: noted)
        let outcome = report.flaws.isEmpty ? Outcome.good : .failed
        if json {
            try context.console.writeJSON(AuditReportDocument(report))
            return outcome
        }
        for flaw in report.flaws {
            context.console.complain("\(flaw.place): \(flaw.message) [audit-broken]".printable)
        }
        let looked = [(report.lines, "line"), (report.events, "roll-out event"), (report.plans, "plan")]
            .map { count, what in "\(count) \(what)\(count == 1 ? "" : "s")" }.joined(separator: ", ")
        let verdict = report.flaws.isEmpty ? "as they were written" : "NOT as they were written"
        context.console.writeLine("\(looked): \(verdict)")
        if let head = report.head { context.console.writeLine("last digest: \(head)") }
        return outcome
    }

    private static func digest(_ text: String) throws -> ContentDigest {
        guard let digest = ContentDigest(text) else {
            throw ValidationError("A digest has 64 hex digits, as `vfiofleet audit verify` prints it.")
        }
        return digest
    }
}

/// `audit verify --json`
struct AuditReportDocument: Encodable {
    struct Flaw: Encodable {
        var place: String
        var message: String
    }

    var lines: Int
    var events: Int
    var plans: Int
    var head: String?
    var flaws: [Flaw]

    init(_ report: AuditReport) {
        lines = report.lines
        events = report.events
        plans = report.plans
        head = report.head?.description
        flaws = report.flaws.map { Flaw(place: $0.place, message: $0.message) }
    }
}
