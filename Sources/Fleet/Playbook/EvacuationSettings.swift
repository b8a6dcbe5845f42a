/// What becomes of a node's running guests when a roll-out reboots it.
public struct EvacuationSettings: Hashable, Sendable, Codable {
    public enum Choice: String, Hashable, Sendable, Codable, CaseIterable {
        /// The reboot ends it, as if a person had ordered that; only `onboot` starts it again.
        case leave
        /// Shut down before anything is changed, and started again afterwards.
        case shutdown
        /// Moved to another member of its cluster before anything is changed, while it runs, and back afterwards.
        case migrate
        /// The node is left alone while it runs.
        case refuse
    }

    /// What becomes of a guest that is to be migrated and can't be.
    public enum Fallback: String, Hashable, Sendable, Codable, CaseIterable {
        case refuse
        case shutdown
        case leave

        var choice: Choice {
            switch self {
            case .refuse: .refuse
            case .shutdown: .shutdown
            case .leave: .leave
            }
        }
    }

    /// One guest for which something else is chosen.
    public struct Exception: Hashable, Sendable, Codable {
        public var vm: VMID
        public var choice: Choice

        public init(vm: VMID, choice: Choice) {
            self.vm = vm
            self.choice = choice
        }
    }

    public var usual: Choice
    /// INVARIANT: by ascending number, so that equal settings are stored alike.
    public let exceptions: [Exception]
    /// How long a guest may take to shut down, where its own `startup: down=` does not say.
    public var timeoutSeconds: Int
    /// A guest that takes longer is stopped hard, instead of failing the node.
    public var forceStop: Bool
    /// Nil = refuse; settings from before guests were migrated have none.
    private var fallback: Fallback?

    /// As `qm shutdown` and the node's own shutdown wait.
    public static let usualTimeoutSeconds = 180

    public init(
        usual: Choice = .leave, exceptions: [Exception] = [], timeoutSeconds: Int = Self.usualTimeoutSeconds,
        forceStop: Bool = false, otherwise: Fallback = .refuse
    ) {
        self.usual = usual
        self.exceptions = exceptions.sorted { $0.vm < $1.vm }
        self.timeoutSeconds = timeoutSeconds
        self.forceStop = forceStop
        fallback = otherwise == .refuse ? nil : otherwise
    }

    public var otherwise: Fallback { fallback ?? .refuse }

    public func choice(for vm: VMID) -> Choice { exceptions.first { $0.vm == vm }?.choice ?? usual }
}
