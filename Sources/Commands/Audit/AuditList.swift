internal import ArgumentParser
internal import Fleet
internal import Foundation
internal import Store

struct AuditList: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what was done, the latest last.",
        discussion: """
            What happened on the nodes is in each roll-out's journal: vfiofleet rollout show --journal.

            Example:
              vfiofleet audit list --last 50
            """)

    @Option(help: "How many lines.") var last = 20
    @Flag(help: "As JSON.") var json = false
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard last >= 1 else { throw ValidationError("--last is at least 1.") }
    }

    func execute(in context: Context) async throws -> Outcome {
        let entries = try await context.openStore().auditLog(latest: last)
        if json {
            try context.console.writeJSON(entries.map(AuditDocument.init))
            return .good
        }
        var table = Table([
            .init("LINE", right: true), .init("AT"), .init("BY"), .init("ACTION"), .init("SUBJECT"),
            .init("DETAIL", flexible: true), .init("DIGEST"),
        ])
        for entry in entries {
            table.add([
                .init("\(entry.number)"), .init(entry.at.iso8601), .init(entry.actor.printableLine),
                .init(entry.action), .init(entry.subject.printableLine), .init(entry.details.printableLine),
                .init(entry.digest.short),
            ])
        }
        context.console.write(table)
        if entries.isEmpty { context.console.note("Nothing was done yet.") }
        return .good
    }
}

/// `audit list --json`
struct AuditDocument: Encodable {
    var number: Int
    var at: String
    var actor: String
    var action: String
    var subject: String
    /// Its values as texts.
    var detail: [String: String]
    var digest: String

    init(_ entry: AuditEntry) {
        number = entry.number
        at = entry.at.iso8601
        actor = entry.actor
        action = entry.action
        subject = entry.subject
        detail = entry.fields
        digest = entry.digest.description
    }
}

extension AuditEntry {
    /// The members of `detail`; numbers and objects in words.
    var fields: [String: String] {
        let value = try? JSONSerialization.jsonObject(with: Data(detail.utf8))
        return (value as? [String: Any])?.mapValues(Self.words) ?? [:]
    }

    /// `added 3, changed 0, retired 0`
    fileprivate var details: String {
        fields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    private static func words(_ value: Any) -> String {
        guard let object = value as? [String: Any] else { return "\(value)" }
        return object.sorted { $0.key < $1.key }.map { "\(words($0.value)) \($0.key)" }.joined(separator: " ")
    }
}
