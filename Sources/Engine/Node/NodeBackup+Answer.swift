import Fleet

extension NodeAnswer {
    /// The backups a node listed, oldest first.
    var backups: [NodeBackup] {
        var found: [SavedRollout] = []
        var at: (part: String, path: String)?
        for field in fields {
            switch field.name {
            case "rollout": found.append(SavedRollout(name: field.text))
            case _ where found.isEmpty: break
            case "created": found[found.count - 1].created = Int(field.text) ?? 0
            case "bytes":
                if let at { found[found.count - 1].add(at.part, at.path, field.value) }
            default: at = (field.name, field.text)
            }
        }
        return found.sorted { ($0.created, $0.name) < ($1.created, $1.name) }.compactMap(\.backup)
    }
}

/// One roll-out's folder of backups while it is read.
private struct SavedRollout {
    var name: String
    var created = 0
    var before: [String: [UInt8]] = [:]
    var absent: Set<String> = []
    var after: [String: [UInt8]] = [:]
    var guests: [VMID: [UInt8]] = [:]

    mutating func add(_ part: String, _ path: String, _ bytes: [UInt8]) {
        switch part {
        case "before": before[path] = bytes
        case "absent": absent.insert(path)
        case "after": after[path] = bytes
        case "guests":
            if let vm = VMID(path.dropFirst().prefix { $0 != "." }) { guests[vm] = bytes }
        default: break
        }
    }

    /// Nil for a folder whose name no roll-out can have.
    var backup: NodeBackup? {
        RolloutID(name).map { rollout in
            let files = absent.union(before.keys).sorted()
            return NodeBackup(
                rollout: rollout,
                files: files.map { FileChange(path: $0, before: before[$0], after: after[$0]) }, guests: guests)
        }
    }
}
