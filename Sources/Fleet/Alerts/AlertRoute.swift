/// Who is told what: a receiver's name and what it wants to hear of.
public struct AlertRoute: Hashable, Sendable {
    public var receiver: String
    /// Nothing below it; an end of what is bad is as bad as that was.
    public var minimum: RuleID.Severity
    public var events: Set<AlertItem.Event>
    /// Only these; nil = all.
    public var playbooks: Set<String>?

    public init(
        _ receiver: String, minimum: RuleID.Severity = .low,
        events: Set<AlertItem.Event> = Set(AlertItem.Event.allCases), playbooks: Set<String>? = nil
    ) {
        self.receiver = receiver
        self.minimum = minimum
        self.events = events
        self.playbooks = playbooks
    }

    /// What of it this receiver is told; nil = nothing.
    public func alert(_ items: [AlertItem], under playbook: String, at time: Timestamp) -> Alert? {
        guard playbooks.map({ $0.contains(playbook) }) ?? true else { return nil }
        let wanted = items.filter { $0.severity >= minimum && events.contains($0.event) }
        return wanted.isEmpty ? nil : Alert(playbook: playbook, at: time, items: wanted)
    }

    /// Whether it is told such a sentence.
    public func wants(_ event: AlertItem.Event, under playbook: String) -> Bool {
        events.contains(event) && playbooks.map { $0.contains(playbook) } ?? true
    }
}

/// When an alert that could not be delivered is tried again.
public enum AlertBackoff {
    private static let shortest = 10
    private static let longest = 3600
    /// Older than that it is given up: who is told of last week's drift learns nothing.
    static let patienceSeconds = 3 * 86_400

    /// - Parameter attempts: how many have failed, at least 1.
    /// - Returns: nil = it is given up.
    public static func next(after attempts: Int, at now: Timestamp, createdAt: Timestamp) -> Timestamp? {
        guard now < createdAt.adding(seconds: patienceSeconds) else { return nil }
        return now.adding(seconds: min(longest, shortest << min(max(attempts, 1) - 1, 16)))
    }
}
