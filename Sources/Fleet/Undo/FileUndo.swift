/// How one file goes back: what roll-outs did to it is taken back, and what others did to it since stays.
struct FileUndo {
    let path: String
    /// Nil when nothing of the roll-outs is left to take back, or when that would contradict what others did.
    private(set) var change: FileChange?
    private(set) var reasons: [Reason] = []
    /// What roll-outs wrote at any time, each beside what the file shall be now.
    private(set) var written: [FileChange] = []
    private let present: FileContent
    /// Only what this roll-out did is taken back; nil = all.
    private let rollout: RolloutID?

    /// - Parameter present: the file now; nil = not looked at, so that it is taken to be as the last roll-out left it. The
    ///   node refuses the write where it is not.
    /// - Parameter rollout: only what this one did is taken back; nil = all.
    init(
        _ path: String, _ notes: [(rollout: RolloutID, file: NodeBackup.File)], present: Observed<FileContent>?,
        of rollout: RolloutID?
    ) {
        self.path = path
        self.rollout = rollout
        switch present ?? .known(notes.last?.file.after ?? FileContent(bytes: nil)) {
        case .unknown(let why):
            self.present = FileContent(bytes: nil)
            reasons = [.incomplete("What is in \(path)", why)]
        case .known(let content):
            self.present = content
            plan(notes)
        }
    }

    private mutating func plan(_ notes: [(rollout: RolloutID, file: NodeBackup.File)]) {
        var contents = ChangeHistory<[UInt8]?>()
        var modes = ChangeHistory<UInt16>()
        var owners = ChangeHistory<FileOwner>()
        for (rollout, file) in notes {
            contents.append(rollout, before: file.before.bytes, after: file.after.bytes)
            if let before = file.before.mode, let after = file.after.mode {
                modes.append(rollout, before: before, after: after)
            }
            if let before = file.before.owner, let after = file.after.owner {
                owners.append(rollout, before: before, after: after)
            }
        }
        do throws(Conflict) {
            let bytes = try takeBack(contents.inForce(present.bytes))
            if bytes != nil, present.bytes == nil {
                let model = notes.first { isTakenBack($0.rollout) && $0.file.before.bytes == bytes }?.file.before
                change(to: bytes, mode: model?.mode, owner: model?.owner)
            } else {
                change(to: bytes, mode: origin(of: present.mode, modes), owner: origin(of: present.owner, owners))
            }
            written = contents.steps.map { FileChange(path: path, before: $0.after, after: bytes) }
        } catch {
            reasons.append(error.reason(path))
        }
    }

    private mutating func change(to bytes: [UInt8]?, mode: UInt16?, owner: FileOwner?) {
        guard bytes != present.bytes || mode != nil || owner != nil else {
            reasons.append(.note(.fileAsBefore, "Nothing of what roll-outs did to \(path) is left."))
            return
        }
        let stays = bytes != nil
        change = FileChange(
            path: path, before: present.bytes, after: bytes, mode: stays ? mode : nil, owner: stays ? owner : nil)
    }

    /// What it was before the roll-outs changed it; nil where it is so, or as somebody else chose since.
    private func origin<Right: Equatable & Sendable>(of present: Right?, _ history: ChangeHistory<Right>) -> Right? {
        guard let present else { return nil }
        let origin = history.origin(of: present, before: rollout)
        return origin == present ? nil : origin
    }

    private func isTakenBack(_ other: RolloutID) -> Bool { rollout == nil || other == rollout }

    // MARK: The bytes

    private mutating func takeBack(_ steps: [ChangeHistory<[UInt8]?>.Step]) throws(Conflict) -> [UInt8]? {
        var bytes = present.bytes
        var isMerged = false
        for step in steps.reversed() where isTakenBack(step.rollout) {
            if bytes == step.after {
                bytes = step.before
            } else {
                bytes = try merge(step, into: bytes)
                isMerged = true
            }
        }
        if isMerged {
            let message =
                "\(path) was changed since the roll-out. Its lines go back, and the others stay: read the diff."
            reasons.append(.warning(.fileMerged, message))
        }
        return bytes
    }

    private func merge(_ step: ChangeHistory<[UInt8]?>.Step, into bytes: [UInt8]?) throws(Conflict) -> [UInt8]? {
        guard let base = step.after, let theirs = bytes,
            let merged = ThreeWayMerge.merge(
                base: base, mine: step.before ?? [], theirs: theirs, setting: KernelTokens.setting(in: path))
        else { throw Conflict(step: step, found: bytes) }
        // A file that the roll-out made, and nothing of anybody else's is in it.
        return step.before == nil && merged.isEmpty ? nil : merged
    }

    /// Others changed the lines that a roll-out changed.
    private struct Conflict: Error {
        var step: ChangeHistory<[UInt8]?>.Step
        var found: [UInt8]?

        /// Names all versions, so that a person can decide.
        func reason(_ path: String) -> Reason {
            let folder = NodeBackup.folder(step.rollout)
            let before = step.before == nil ? "did not exist" : "was as \(folder)/before\(path)"
            let after = step.after == nil ? "was removed by it" : "was left as \(folder)/after\(path)"
            let message =
                "\(path) \(found == nil ? "was removed" : "was changed") since roll-out \(step.rollout), and that contradicts "
                + "what would go back. It \(before), \(after), and stays as it is now. Put the lines right by hand; a file that "
                + "is as before or as left by the roll-out goes back by itself."
            return .blocker(
                .fileChangedSince, message,
                evidence: [
                    Evidence(
                        command: "diff -uN \(folder)/before\(path) \(folder)/after\(path)",
                        output: UnifiedDiff.render(path: path, before: step.before, after: step.after)),
                    Evidence(
                        command: "diff -uN \(folder)/after\(path) \(path)",
                        output: UnifiedDiff.render(path: path, before: step.after, after: found)),
                ])
        }
    }
}
