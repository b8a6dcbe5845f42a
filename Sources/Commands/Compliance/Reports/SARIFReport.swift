internal import ArgumentParser
internal import Fleet
internal import Forms
internal import Foundation
internal import Store

/// What does not hold as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), which code scanners and their
/// dashboards read. A node takes the place of a file.
struct SARIFReport: Encodable {
    private var schema = "https://json.schemastore.org/sarif-2.1.0.json"
    private var version = "2.1.0"
    private var runs: [Run]

    private enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case version, runs
    }

    /// - Parameter time: when the report is made, in ISO 8601.
    init(_ entries: [ComplianceEntry], at time: String) {
        // That a node was not looked at is told once.
        let results = entries.filter { entry in
            let isUnseen = entry.isStale && entry.rule == RuleID.observed.description
            return entry.isCurrent && (entry.status != .pass || isUnseen)
        }.map(Result.init)
        runs = [Run(results: results, time: time)]
    }

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    private struct Text: Encodable { var text: String }

    private struct Run: Encodable {
        struct Tool: Encodable { var driver = Driver() }

        struct Driver: Encodable {
            var name = "vfiofleet"
            var version = VFIOFleet.configuration.version
            var rules = RuleID.all.map(Rule.init)
        }

        struct Invocation: Encodable {
            var executionSuccessful = true
            var endTimeUtc: String
        }

        struct Automation: Encodable { var id = "vfiofleet/compliance/" }

        var tool = Tool()
        var automationDetails = Automation()
        var invocations: [Invocation]
        var columnKind = "unicodeCodePoints"
        var results: [Result]

        init(results: [Result], time: String) {
            self.results = results
            invocations = [Invocation(endTimeUtc: time)]
        }
    }

    private struct Rule: Encodable {
        struct Configuration: Encodable { var level: String }

        var id: String
        var shortDescription: Text
        var fullDescription: Text
        var defaultConfiguration: Configuration

        init(_ rule: RuleID) {
            id = rule.description
            let explanation = rule.explanation
            shortDescription = Text(text: explanation.what)
            fullDescription = Text(text: explanation.why)
            defaultConfiguration = Configuration(level: SARIFReport.level(of: rule.severity.word))
        }
    }

    private struct Result: Encodable {
        struct Location: Encodable {
            struct Physical: Encodable { var artifactLocation: Artifact }
            struct Artifact: Encodable { var uri: String }
            struct Logical: Encodable {
                var name: String
                var fullyQualifiedName: String
                var kind: String
            }
            var physicalLocation: Physical
            var logicalLocations: [Logical]
        }

        struct Suppression: Encodable {
            var kind = "external"
            var status = "accepted"
            var justification: String
        }

        struct Provenance: Encodable {
            var firstDetectionTimeUtc: String
            var lastDetectionTimeUtc: String
        }

        struct Properties: Encodable {
            var playbook: String
            var severity: String
            var drift: Drift?
        }

        var ruleId: String
        var ruleIndex: Int?
        /// Only what fails is a failure; what can't be told is open.
        var kind: String
        /// As the specification has it, `none` for all that is no failure.
        var level: String
        var message: Text
        var locations: [Location]
        var partialFingerprints: [String: String]
        var provenance: Provenance
        /// Left out where nobody answers for it; an empty list would say so, too.
        var suppressions: [Suppression]?
        var properties: Properties

        init(_ entry: ComplianceEntry) {
            ruleId = entry.rule
            ruleIndex = RuleID.all.firstIndex { $0.description == entry.rule }
            kind = entry.status == .fail ? "fail" : "open"
            level = entry.status == .fail ? SARIFReport.level(of: entry.severity) : "none"
            let place = [entry.node, entry.device].compactMap(\.self)
            message = Text(text: "\(place.joined(separator: " ")): \(entry.statement.printableLine)")
            locations = [
                Location(
                    physicalLocation: .init(artifactLocation: .init(uri: "nodes/\(entry.node)")),
                    logicalLocations: [
                        .init(
                            name: entry.device ?? entry.node, fullyQualifiedName: place.joined(separator: "/"),
                            kind: "resource")
                    ])
            ]
            let identity = [entry.playbook, entry.node, entry.rule, entry.device ?? ""].joined(separator: "\n")
            partialFingerprints = ["vfiofleetRule/v1": ContentDigest.sha256(identity.utf8).description]
            provenance = Provenance(firstDetectionTimeUtc: entry.since, lastDetectionTimeUtc: entry.lastSeen)
            suppressions = entry.exemptPhrase.map { [Suppression(justification: $0.printableLine)] }
            properties = Properties(
                playbook: entry.playbook.printableLine, severity: entry.severity, drift: entry.drift)
        }
    }

    private static func level(of severity: String) -> String {
        switch RuleID.Severity(severity) {
        case .high: "error"
        case .medium: "warning"
        case .low, nil: "note"
        }
    }
}
