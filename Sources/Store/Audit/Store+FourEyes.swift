public import Fleet
internal import GRDB

extension Store {
    private static let fourEyesActions = (on: "four-eyes-on", off: "four-eyes-off")

    /// Writes down that roll-outs need a second person from now on, or no longer. Without effect where that is as before;
    /// at first it is off.
    /// - Parameter configuration: the file that says so.
    public func noteFourEyes(
        _ isNeeded: Bool, by configuration: String, at time: Timestamp, as actor: String
    ) async throws(FleetError) {
        try await write { db in
            let actions = Self.fourEyesActions
            let last = try String.fetchOne(
                db, sql: "SELECT action FROM audit WHERE action IN (?, ?) ORDER BY id DESC LIMIT 1",
                arguments: [actions.on, actions.off])
            guard isNeeded != (last == actions.on) else { return }
            try Self.appendAudit(
                isNeeded ? actions.on : actions.off, subject: configuration, detail: [String: String](), at: time,
                by: actor, db)
        }
    }
}
