import Fleet
internal import GRDB

/// Whether what is kept of roll-outs beside their journals is what followed from them.
extension Store {
    /// What of one does not fit, in words. `creator`: who made it, as the audit log has it; nil = it does not know it.
    static func stateFlaws(
        of id: RolloutID, creator: String?, end: RolloutEnd?, _ db: Database
    ) throws -> [String] {
        var flaws: [String] = []
        let kept = try String.fetchOne(
            db, sql: "SELECT created_by FROM rollout WHERE id = ?", arguments: [id.description])
        if let creator {
            if creator != kept {
                flaws.append("\(kept ?? "") is kept as who began it, and the audit log names \(creator)")
            }
        } else {
            flaws.append("the audit log does not know who began it")
        }
        do {
            let stored = try fetchRollout(id, db)
            flaws += try end.map { try endFlaws(of: stored.rollout, $0, db) } ?? courseFlaws(of: stored.rollout, db)
        } catch let error as FleetError { flaws.append(error.message) }
        return flaws
    }

    /// Of one that has ended, its last line in the audit log tells.
    private static func endFlaws(of rollout: Rollout, _ end: RolloutEnd, _ db: Database) throws -> [String] {
        guard let states = end.states else {
            let counts = Dictionary(grouping: rollout.nodes, by: \.state.word).mapValues(\.count)
            return end.phase == rollout.phase.word && end.nodes == counts
                ? [] : ["what is kept of its nodes is not how it ended"]
        }
        return try statesDigest(of: rollout.id.description, db).description == states
            ? [] : ["what is kept of its nodes is not how it ended"]
    }

    /// Any other is followed from its plan on, event by event.
    private static func courseFlaws(of kept: Rollout, _ db: Database) throws -> [String] {
        let plan = try fetchPlan(kept.plan, db)
        let domains = Dictionary(kept.nodes.map { ($0.node, $0.domains) }, uniquingKeysWith: { first, _ in first })
        var followed = Rollout(
            id: kept.id, of: plan, digest: kept.plan, domains: domains, zones: kept.zones, typical: kept.typical)
        for entry in try journalEntries(of: kept.id, after: 0, db) {
            guard case .accepted = followed.handle(entry.event) else {
                return ["its journal can't be followed beyond the event \(entry.number - 1)"]
            }
        }
        return followed.differences(from: kept)
    }
}

extension Rollout {
    /// Where `kept` is elsewhere than this one. What an earlier version did not keep is not compared.
    fileprivate func differences(from kept: Rollout) -> [String] {
        var flaws = zip(nodes, kept.nodes).filter { !$0.isWhere($1) }.map { followed, kept in
            "\(kept.node) is kept as \(kept.place), and by its journal it is \(followed.place)"
        }
        if phase != kept.phase || wave != kept.wave || settings != kept.settings || nodes.count != kept.nodes.count {
            flaws.append("what is kept of it is not what follows from its plan and its journal")
        }
        return flaws
    }
}

extension NodeRun {
    fileprivate func isWhere(_ other: NodeRun) -> Bool {
        node == other.node && state == other.state && attempt == other.attempt && bootBefore == other.bootBefore
            && bootAfter == other.bootAfter
    }

    fileprivate var place: String { state.step.map { "\(state.word) at \($0.name)" } ?? state.word }
}
