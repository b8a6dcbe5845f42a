public import Fleet

/// Why a node could not be talked to. Compared by code.
public struct RemoteFailure: Error, Hashable, Sendable {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        case nameNotResolved = "ssh-name-not-resolved"
        case connectionRefused = "ssh-connection-refused"
        case unreachable = "ssh-unreachable"
        case connectTimedOut = "ssh-connect-timed-out"
        /// It accepted the connection and did not speak in time, or what it said was not SSH.
        case notSSH = "ssh-not-ssh"
        /// sshd takes no connection from here just now.
        case turnedAway = "ssh-turned-away"
        case handshakeTimedOut = "ssh-handshake-timed-out"
        case noCommonAlgorithm = "ssh-no-common-algorithm"
        case hostKeyUnknown = "ssh-host-key-unknown"
        case hostKeyChanged = "ssh-host-key-changed"
        case hostKeyRevoked = "ssh-host-key-revoked"
        case keyFileUnreadable = "ssh-key-file-unreadable"
        case passphraseNeeded = "ssh-passphrase-needed"
        case loginRefused = "ssh-login-refused"
        case loginTimedOut = "ssh-login-timed-out"
        case becomeRefused = "ssh-become-refused"
        case jumpFailed = "ssh-jump-failed"
        case commandTimedOut = "ssh-command-timed-out"
        case silent = "ssh-silent"
        case connectionLost = "ssh-connection-lost"
        case cancelled = "ssh-cancelled"
        case protocolError = "ssh-protocol-error"
        case settingsInvalid = "ssh-settings-invalid"
    }

    public var code: Code
    public var node: NodeName
    /// What happened, as one full sentence.
    public var message: String
    /// What to do, as one full sentence.
    public var advice: String

    public init(_ code: Code, node: NodeName, _ message: String, advice: String) {
        self.code = code
        self.node = node
        self.message = message
        self.advice = advice
    }
}
