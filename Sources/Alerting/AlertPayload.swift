import Fleet
import Foundation
import Store

/// An alert as JSON, for webhooks and commands: stable, others script against it. `docs/json.md` describes it.
struct AlertPayload: Encodable {
    struct Item: Encodable {
        var event: AlertItem.Event
        var node: NodeName
        var rule: RuleID
        var device: String?
        var severity: RuleID.Severity
        var verdict: String
        var message: String
        var drift: Drift?
    }

    var id: String
    var at: String
    var playbook: String?
    var title: String
    var severity: RuleID.Severity
    var notice: String?
    var items: [Item]
    var leftOut: Int

    init(_ stored: StoredAlert) {
        let alert = stored.alert
        id = stored.uid
        at = alert.at.date.ISO8601Format()
        playbook = alert.playbook
        title = alert.title
        severity = alert.severity
        notice = alert.notice
        leftOut = alert.leftOut
        items = alert.items.map {
            Item(
                event: $0.event, node: $0.subject.node, rule: $0.subject.rule, device: $0.subject.device,
                severity: $0.severity, verdict: $0.verdict, message: $0.message, drift: $0.drift)
        }
    }

    func bytes() throws(FleetError) -> Data {
        do { return try Data.json(self) } catch {
            throw FleetError("alert-refused", "The alert can't be written as JSON: \(error).")
        }
    }
}

extension Data {
    static func json(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}

extension Timestamp {
    var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1000) }
}
