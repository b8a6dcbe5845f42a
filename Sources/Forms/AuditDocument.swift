internal import Fleet
internal import Foundation
package import Store

/// `audit list --json`
package struct AuditDocument: Encodable {
    package var number: Int
    package var at: String
    package var actor: String
    package var action: String
    package var subject: String
    /// Its values as texts.
    package var detail: [String: String]
    package var digest: String

    package init(_ entry: AuditEntry) {
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
    package var fields: [String: String] {
        let value = try? JSONSerialization.jsonObject(with: Data(detail.utf8))
        return (value as? [String: Any])?.mapValues(Self.words) ?? [:]
    }

    /// `added 3, changed 0, retired 0`
    package var details: String {
        fields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    /// Who did it, without the process that it was done by.
    package var person: String { String(actor[..<(actor.range(of: ", process ")?.lowerBound ?? actor.endIndex)]) }

    /// `rollout create`
    package var deed: String { action.replacing("-", with: " ") }

    /// The members of `detail` for a person: moments as such, digests by their beginnings.
    package var readable: String {
        fields.sorted { $0.key < $1.key }.map { key, value in
            let label = key.reduce(into: "") { $0 += $1.isUppercase ? " \($1.lowercased())" : "\($1)" }
            if key.hasSuffix("At"), let time = Int64(value) {
                return "\(label) \(Timestamp(milliseconds: time).iso8601)"
            }
            let isDigest = value.count == 64 && value.allSatisfy(\.isHexDigit)
            return "\(label) \(isDigest ? String(value.prefix(12)) : value)"
        }.joined(separator: ", ")
    }

    private static func words(_ value: Any) -> String {
        guard let object = value as? [String: Any] else { return "\(value)" }
        return object.sorted { $0.key < $1.key }.map { "\(words($0.value)) \($0.key)" }.joined(separator: " ")
    }
}
