/// What the controller does by itself.
public struct ServiceConfiguration: Hashable, Sendable {
    /// By name.
    public var schedules: [Schedule]
    /// By name.
    public var receivers: [AlertReceiver]
    public var retention: Retention
    /// Nil = there is no web page.
    public var web: WebSettings?
    public var control: ControlSettings
    public var connections: KeptConnectionLimits

    public init(
        schedules: [Schedule] = [], receivers: [AlertReceiver] = [], retention: Retention = Retention(),
        web: WebSettings? = nil, control: ControlSettings = ControlSettings(),
        connections: KeptConnectionLimits = KeptConnectionLimits()
    ) {
        self.schedules = schedules
        self.receivers = receivers
        self.retention = retention
        self.web = web
        self.control = control
        self.connections = connections
        // What the page asks for must not be got around through the socket, and the other way round.
        let eyes = control.needsFourEyes || web?.needsFourEyes == true
        self.control.needsFourEyes = eyes
        self.web?.needsFourEyes = eyes
    }
}

/// How many connections to nodes stay open from one sweep to the next, and for how long.
public struct KeptConnectionLimits: Hashable, Sendable {
    /// Those that are open though nobody uses them just now; 0 = each look opens its own.
    public var most: Int
    /// So long each may be unused.
    public var idleSeconds: Int

    public init(most: Int = 256, idleSeconds: Int = 15 * 60) {
        self.most = most
        self.idleSeconds = idleSeconds
    }
}

/// How much of what is over is kept.
public struct Retention: Hashable, Sendable {
    /// What ended longer ago is forgotten.
    public var days: Int
    /// Where the database is larger, the oldest is forgotten before its days are over.
    public var megabytes: Int

    public init(days: Int = 400, megabytes: Int = 2048) {
        self.days = days
        self.megabytes = megabytes
    }
}
