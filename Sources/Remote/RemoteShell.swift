public import Fleet

/// One open way to run commands on one node.
///
/// Every call ends: with a result, or with a failure by one of its limits. Cancelling the task closes the channel.
public protocol RemoteShell: Sendable {
    /// Runs one command. A non-zero exit status is a result, not a failure.
    func run(_ command: RemoteCommand) async throws(RemoteFailure) -> RemoteResult

    /// Ends the connection. Safe to call more than once.
    func close() async
}

/// Opens shells on nodes.
public protocol RemoteConnector: Sendable {
    /// Connects and logs in.
    func connect(to node: NodeName, with settings: ConnectionSettings) async throws(RemoteFailure) -> any RemoteShell
}

public struct RemoteCommand: Hashable, Sendable {
    /// The text the node's login shell gets. Data in it must be quoted (`ShellQuoting`).
    public var text: String
    public var standardInput: [UInt8]
    public var limits: Limits

    public struct Limits: Hashable, Sendable {
        /// From the start of the command until its exit status.
        public var deadline: Duration
        /// Without any byte from the node.
        public var silence: Duration
        /// Bytes of output and error output together; more is cut and said so.
        public var outputBytes: Int

        public init(deadline: Duration = .seconds(60), silence: Duration = .seconds(30), outputBytes: Int = 16 << 20) {
            self.deadline = deadline
            self.silence = silence
            self.outputBytes = outputBytes
        }
    }

    public init(_ text: String, standardInput: [UInt8] = [], limits: Limits = .init()) {
        self.text = text
        self.standardInput = standardInput
        self.limits = limits
    }
}

public struct RemoteResult: Hashable, Sendable {
    public enum Status: Hashable, Sendable {
        case exited(Int)
        /// The signal's name without `SIG` (RFC 4254 §6.10).
        case signalled(String)
        /// The channel was closed before the command ended, because its output went over the limit.
        case unknown
    }

    public var status: Status
    public var standardOutput: [UInt8]
    public var standardError: [UInt8]
    /// Output went over `Limits.outputBytes`; what is here is its beginning.
    public var isTruncated: Bool

    public init(status: Status, standardOutput: [UInt8], standardError: [UInt8], isTruncated: Bool = false) {
        self.status = status
        self.standardOutput = standardOutput
        self.standardError = standardError
        self.isTruncated = isTruncated
    }

    public var succeeded: Bool { status == .exited(0) }
}
