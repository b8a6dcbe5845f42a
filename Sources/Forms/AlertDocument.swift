package import Fleet
package import Store

/// `alerts list --json`
package struct AlertDocument: Encodable {
    package var id: Int64
    package var uid: String
    package var receiver: String
    package var createdAt: String
    package var state: String
    package var sentAt: String?
    package var nextAttempt: String?
    package var failedAttempts: Int
    package var error: FleetError?
    package var title: String
    package var lines: [String]

    package init(_ stored: StoredAlert) {
        id = stored.id
        uid = stored.uid
        receiver = stored.receiver
        createdAt = stored.createdAt.iso8601
        state = stored.state.word
        if case .sent(let time) = stored.state { sentAt = time.iso8601 }
        if case .waiting(let until) = stored.state { nextAttempt = until.iso8601 }
        failedAttempts = stored.attempts
        error = stored.error
        title = stored.alert.title
        lines = stored.alert.lines
    }
}

extension StoredAlert.State {
    package var word: String {
        switch self {
        case .waiting: "waiting"
        case .sent: "sent"
        case .givenUp: "given-up"
        }
    }
}
