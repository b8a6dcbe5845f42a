/// What a node says about its guard: the script that puts it back unless the controller confirms its new settings.
public struct GuardReport: Hashable, Sendable, Codable {
    public enum Phase: String, Hashable, Sendable, Codable {
        /// Nothing is guarded.
        case none
        /// Set up in the boot that still runs: nothing is on trial yet.
        case armed
        /// Another boot than the one it was set up in; it waits for the confirmation.
        case waiting
        case confirmed
        /// It puts back what was there, or has and is about to reboot.
        case reverting
        /// Back, in a boot after that.
        case reverted
    }

    public var phase: Phase
    /// The boot that runs now.
    public var boot: BootID?
    /// Whose changes it guards; nil when nothing is guarded.
    public var rollout: RolloutID?
    /// For how many seconds of a boot it waits.
    public var withinSeconds: Int?
    /// What it did for these changes, oldest first.
    public var record: [Entry]

    /// One line of the node's record.
    public struct Entry: Hashable, Sendable, Codable {
        /// The node's own clock, as it wrote it: `2026-11-23T04:00:00Z`.
        public var at: String
        /// Seconds since the boot it was written in.
        public var uptime: Int
        /// `armed`, `waiting`, `confirmed`, `reverting`, `restored`, `removed`, `kept`, `copied`, `ran`, `failed`,
        /// `rebooting`, `staying`, `reverted`; an open set.
        public var word: String
        public var text: String

        public init(at: String, uptime: Int, word: String, text: String) {
            self.at = at
            self.uptime = uptime
            self.word = word
            self.text = text
        }
    }

    public init(
        phase: Phase, boot: BootID? = nil, rollout: RolloutID? = nil, withinSeconds: Int? = nil, record: [Entry] = []
    ) {
        self.phase = phase
        self.boot = boot
        self.rollout = rollout
        self.withinSeconds = withinSeconds
        self.record = record
    }
}

extension GuardReport {
    /// Why it put the node back, in the node's words.
    public var reason: String? { record.last { $0.word == "reverting" }?.text }
    /// The files that are as they were before: restored, or removed again.
    public var filesBack: [String] { texts(["restored", "removed"]) }
    /// Where files lie that somebody else had changed meanwhile.
    public var kept: [String] { texts(["kept"]) }
    /// What kept it from putting the node back; nil = nothing did.
    public var failure: String? {
        guard let last = record.last, last.word == "failed" else { return nil }
        return last.text
    }

    private func texts(_ words: Set<String>) -> [String] {
        var seen: Set<String> = []
        return record.filter { words.contains($0.word) }.map(\.text).filter { seen.insert($0).inserted }
    }
}

extension GuardReport.Entry {
    /// `TIME SECONDS WORD TEXT`; nil for a line that was cut.
    public init?(line: some StringProtocol) {
        let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let uptime = Int(parts[1]) else { return nil }
        self.init(at: String(parts[0]), uptime: uptime, word: String(parts[2]), text: String(parts[3]))
    }
}

extension GuardReport.Phase {
    /// What follows from the guard's files, as its own script reads them.
    public init(armedIn: BootID?, decision: String?, restoredIn: BootID?, now: BootID?) {
        switch decision {
        case "confirmed": self = .confirmed
        case "reverting": self = restoredIn != nil && restoredIn != now ? .reverted : .reverting
        default: self = armedIn == now ? .armed : .waiting
        }
    }
}

/// Who may change a node now, as the node keeps it.
public struct NodeLock: Hashable, Sendable, Codable {
    public var rollout: RolloutID?
    /// Who began it: `alice@controller`.
    public var by: String?
    /// The node's own clock, as it wrote it.
    public var since: String?

    public init(rollout: RolloutID?, by: String?, since: String?) {
        self.rollout = rollout
        self.by = by
        self.since = since
    }
}
