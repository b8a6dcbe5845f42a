/// A guest's configuration file: the settings in force and the sections beside them.
struct GuestConfig: Equatable {
    typealias Section = [String: String]

    /// In force; `description` as text, all else as it stands in the file.
    var main: Section = [:]
    /// Waits for the guest's next start; `delete` names the options to remove.
    var pending: Section = [:]
    /// `[special:cloudinit]` and `[special:fleecing]`
    var special: [String: Section] = [:]
    var snapshots: [String: Section] = [:]
    /// SHA-1 of the file's bytes, in hexadecimal; empty before it was written.
    var digest = ""

    subscript(option: String) -> String? {
        get { main[option] }
        set { main[option] = newValue }
    }

    /// What is in force after the pending changes: what `qm config` shows without `--current`.
    var withPending: Section {
        var result = main
        for (option, value) in pending where option != "delete" { result[option] = value }
        for option in pendingDeletions.keys { result[option] = nil }
        return result
    }
}

// MARK: - Pending changes

extension GuestConfig {
    /// Option to whether its removal is forced, written as `delete: a,!b`.
    var pendingDeletions: [String: Bool] {
        get {
            var result: [String: Bool] = [:]
            for word in splitList(pending["delete"] ?? "") {
                let isForced = word.hasPrefix("!")
                result[isForced ? String(word.dropFirst()) : word] = isForced
            }
            return result
        }
        set {
            let words = newValue.sorted { $0.key < $1.key }.map { ($0.value ? "!" : "") + $0.key }
            pending["delete"] = words.isEmpty ? nil : words.joined(separator: ",")
        }
    }

    mutating func deleteLater(_ option: String, forced: Bool) {
        pending[option] = nil
        pendingDeletions[option] = forced
    }

    mutating func setLater(_ option: String, _ value: String) {
        pending[option] = value
        pendingDeletions[option] = nil
    }

    /// Drops pending changes that would change nothing.
    mutating func cleanPending() {
        for (option, value) in pending where option != "delete" && main[option] == value { pending[option] = nil }
        pendingDeletions = pendingDeletions.filter { main[$0.key] != nil }
    }

    /// Makes one pending change take effect.
    mutating func applyPending(_ option: String) {
        if pendingDeletions[option] != nil {
            main[option] = nil
            pendingDeletions[option] = nil
        }
        if let value = pending.removeValue(forKey: option) { main[option] = value }
    }

    mutating func applyAllPending() {
        for option in pendingDeletions.keys { applyPending(option) }
        for option in pending.keys where option != "delete" { applyPending(option) }
    }
}
