import Fleet

extension NodeAnswer {
    /// The backups a node listed, oldest first.
    var backups: [NodeBackup] {
        var found: [SavedRollout] = []
        for field in fields {
            switch field.name {
            case "rollout": found.append(SavedRollout(name: field.text))
            case _ where found.isEmpty: break
            case "created": found[found.count - 1].created = Int(field.text) ?? 0
            case "mode": found[found.count - 1].last?.content.mode = UInt16(field.text, radix: 8)
            case "owner": found[found.count - 1].last?.content.owner = FileOwner(field.text)
            case "bytes": found[found.count - 1].last?.content.bytes = field.value
            default:
                let file = SavedRollout.File(part: field.name, path: field.text, content: FileContent(bytes: nil))
                found[found.count - 1].files.append(file)
            }
        }
        return found.sorted { ($0.created, $0.name) < ($1.created, $1.name) }.compactMap(\.backup)
    }
}

/// One roll-out's folder of backups while it is read.
private struct SavedRollout {
    struct File {
        var part: String
        var path: String
        var content: FileContent
    }

    var name: String
    var created = 0
    var files: [File] = []

    var last: File? {
        get { files.last }
        set { if let newValue, !files.isEmpty { files[files.count - 1] = newValue } }
    }

    /// Nil for a folder whose name no roll-out can have.
    var backup: NodeBackup? {
        RolloutID(name).map { rollout in
            let before = contents("before").merging(contents("absent")) { kept, _ in kept }
            let after = contents("after")
            let files = before.sorted { $0.key < $1.key }.map { path, content in
                NodeBackup.File(path: path, before: content, after: after[path] ?? FileContent(bytes: nil))
            }
            return NodeBackup(rollout: rollout, files: files, guests: guests)
        }
    }

    private func contents(_ part: String) -> [String: FileContent] {
        let files = files.filter { $0.part == part }.map { file in
            // Marks of what was not there are empty files.
            (file.path, part == "absent" ? FileContent(bytes: nil) : file.content)
        }
        return Dictionary(files) { first, _ in first }
    }

    /// Those of which both the configuration and the note are there: the note is made last, before anything is set.
    private var guests: [GuestChange] {
        let notes = contents("guests")
        return notes.keys.sorted().compactMap { path in
            guard path.hasSuffix(".set"), let vm = VMID(path.dropFirst().dropLast(".set".count)),
                let before = notes["/\(vm).conf"], let noted = notes[path]
            else { return nil }
            return GuestChange(vm: vm, configuration: before.text, noted: noted.text)
        }
    }
}
