public import Engine
public import Fleet

/// Where commands of this machine reach the controller, and what it does for them.
public struct ControlListener: Sendable {
    /// The socket's path.
    public var path: String
    /// At this moment, as who may do what can be changed while it runs.
    public var settings: @Sendable () -> ControlSettings
    public var work: FleetWork
    /// Reads a playbook's text, found in a file of that name. Fails with a `FleetError`, or `Failures`.
    public var playbook: @Sendable (_ text: String, _ file: String) throws -> Playbook
    /// The program's: commands of another one are not understood.
    public var version: String

    public init(
        path: String, work: FleetWork, version: String,
        playbook: @escaping @Sendable (_ text: String, _ file: String) throws -> Playbook,
        settings: @escaping @Sendable () -> ControlSettings
    ) {
        self.path = path
        self.work = work
        self.version = version
        self.playbook = playbook
        self.settings = settings
    }
}
