/// What one roll-out noted on the node about its own changes. It is read from there, so that a change can be taken back
/// by another controller than the one that made it.
public struct NodeBackup: Hashable, Sendable {
    public struct File: Hashable, Sendable {
        public var path: String
        /// As the roll-out found it; no bytes = there was none.
        public var before: FileContent
        /// As it was about to leave it; a roll-out that was killed may not have come that far.
        public var after: FileContent

        public init(path: String, before: FileContent, after: FileContent) {
            self.path = path
            self.before = before
            self.after = after
        }
    }

    public var rollout: RolloutID
    /// By path.
    public var files: [File]
    /// What was set with `qm set`, by guest.
    public var guests: [GuestChange]

    public init(rollout: RolloutID, files: [File], guests: [GuestChange]) {
        self.rollout = rollout
        self.files = files
        self.guests = guests
    }

    /// The folder that holds it on the node.
    public static func folder(_ rollout: RolloutID) -> String { "/var/lib/vfiofleet/backups/\(rollout)" }
}

extension GuestChange {
    /// What a roll-out set, from the guest's configuration before and the note of what was set: lines of `KEY: VALUE` or
    /// `delete: KEY`, of which the last one about a key counts.
    public init(vm: VMID, configuration: String, noted: String) {
        let before = GuestConfiguration(configuration).effective
        var after: [String: String?] = [:]
        for line in noted.split(whereSeparator: \.isNewline) {
            guard let (key, value) = GuestConfiguration.option(line) else { continue }
            if key == "delete" { after[String(value)] = .some(nil) } else { after[String(key)] = String(value) }
        }
        let options = after.sorted { $0.key < $1.key }.map {
            Option(key: $0.key, before: before[$0.key], after: $0.value)
        }
        self.init(vm: vm, options: options)
    }
}
