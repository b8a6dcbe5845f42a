public import Fleet
import Foundation
internal import GRDB

/// What a check of everything that must not change has found.
public struct AuditReport: Hashable, Sendable {
    /// Lines of the audit log, events of roll-outs, plans that were looked at.
    public var lines = 0
    public var events = 0
    public var plans = 0
    /// The digest of the last line; nil = the log is empty.
    public var head: ContentDigest?
    /// Empty when all fits.
    public var flaws: [AuditFlaw] = []
}

/// Something that does not fit. `place` is a row in words: `line 17 of the audit log`.
public struct AuditFlaw: Hashable, Sendable {
    public var place: String
    public var message: String
}

extension Store {
    /// Computes every digest anew: the audit log's chain, each roll-out's journal from its plan's digest on, each
    /// plan's, and that every journal which the audit log calls ended ends as it says. What is kept of a roll-out's state and
    /// of who made it has to follow from them.
    ///
    /// `noted`: digests that somebody wrote down earlier; each must still be there.
    public func checkAudit(noted: [ContentDigest] = []) async throws(FleetError) -> AuditReport {
        try await read { db in
            var check = AuditCheck()
            try check.log(db)
            try check.journals(db)
            try check.plans(db)
            check.demand(noted)
            return check.report
        }
    }
}

/// One pass over what must not change.
private struct AuditCheck {
    var report = AuditReport()
    private var digests: Set<ContentDigest> = []
    /// How each roll-out ended, and who made it, as the audit log has it.
    private var ends: [String: RolloutEnd] = [:]
    private var creators: [String: String] = [:]

    mutating func log(_ db: Database) throws {
        var chain = AuditChain()
        let rows = try Row.fetchCursor(db, sql: "SELECT \(Store.auditColumns) FROM audit ORDER BY id")
        while let entry = try rows.next().map(Store.auditEntry) {
            report.lines += 1
            let place = "line \(entry.number) of the audit log"
            if entry.number != report.lines { flaw(place, "lines are missing before it") }
            if try chain.append(entry.content) != entry.digest {
                flaw(place, "it or what stood before it is not what was written")
            }
            // From here on the chain is followed as it stands, so that each break is told once.
            chain = AuditChain(head: entry.digest)
            report.lines = entry.number
            report.head = entry.digest
            digests.insert(entry.digest)
            if entry.action == "rollout-end" { ends[entry.subject] = RolloutEnd(json: entry.detail) }
            if entry.action == "rollout-create" { creators[entry.subject] = entry.actor }
        }
    }

    mutating func journals(_ db: Database) throws {
        let rollouts = try Row.fetchAll(db, sql: "SELECT id, plan, last_event FROM rollout ORDER BY created_at, id")
        for row in rollouts {
            let id: String = row[0]
            var chain = AuditChain(head: try ContentDigest(blob: row[1], of: "plan of \(id)"))
            let events = try Row.fetchCursor(
                db, sql: "SELECT number, fencing, event, digest FROM rollout_event WHERE rollout = ? ORDER BY number",
                arguments: [id])
            var last = 0
            while let event = try events.next() {
                last += 1
                report.events += 1
                let place = "event \(last) of the roll-out \(id)"
                let content = JournalEntry.Content(rollout: id, number: event[0], fencing: event[1], event: event[2])
                let digest = try ContentDigest(blob: event[3], of: place)
                if try chain.append(content) != digest {
                    flaw(place, "it or what stood before it is not what was written")
                    chain = AuditChain(head: digest)
                }
            }
            if last != row[2] {
                flaw("the roll-out \(id)", "its journal has \(last) events instead of \(row[2] as Int)")
            }
            if let end = ends[id], end.journal != chain.head?.description {
                flaw("the roll-out \(id)", "its journal does not end as the audit log says")
            }
            guard let id = RolloutID(id) else { continue }
            for message in try Store.stateFlaws(
                of: id, creator: creators[id.description], end: ends[id.description], db)
            { flaw("the roll-out \(id)", message) }
        }
        for id in ends.keys.sorted() where !rollouts.contains(where: { $0[0] == id }) {
            flaw("the roll-out \(id)", "the audit log knows it, and it is not there")
        }
    }

    mutating func plans(_ db: Database) throws {
        for row in try Row.fetchAll(db, sql: "SELECT digest, purpose, playbook FROM plan ORDER BY created_at") {
            report.plans += 1
            let digest = try ContentDigest(blob: row[0], of: "plan")
            let entries = try String.fetchAll(
                db, sql: "SELECT entry FROM plan_node WHERE plan = ? ORDER BY position", arguments: [digest.blob])
            if PlanDocument(purpose: row[1], playbook: row[2], entries: entries).digest != digest {
                flaw("plan \(digest.short)", "its content does not have its digest")
            }
        }
    }

    mutating func demand(_ noted: [ContentDigest]) {
        for digest in noted where !digests.contains(digest) {
            flaw("the audit log", "no line has the digest \(digest): lines were cut off, or this is another database")
        }
    }

    private mutating func flaw(_ place: String, _ message: String) {
        report.flaws.append(AuditFlaw(place: place, message: message))
    }
}
