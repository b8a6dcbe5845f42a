import FoundationEssentials

/// How this controller uses SSH, whatever the node.
public struct SSHSettings: Sendable {
    /// The operator's home directory, for `~/`.
    public var home: String
    /// The login name where neither inventory nor ssh_config gives one.
    public var user: String
    /// ssh_config files; in the first one that sets an option, it counts.
    public var configurationFiles: [String]
    /// The file that `trust` writes to, read before all others.
    public var knownHostsFile: String
    /// Further known_hosts files, only read. Those that ssh_config names replace these.
    public var otherKnownHostsFiles: [String]
    /// Private keys to try when nobody named one.
    public var defaultIdentities: [String]
    /// The agent's socket (`SSH_AUTH_SOCK`).
    public var agentSocket: String?
    public var limits: Limits
    /// Asks the operator for the passphrase of a key file; nil is "none given". Without it encrypted keys are refused.
    public var passphrase: (@Sendable (_ keyFile: String) async -> String?)?

    public struct Limits: Hashable, Sendable {
        /// Name resolution and TCP connection of one hop together.
        public var connect: Duration
        /// From the open connection until the host key is proven.
        public var handshake: Duration
        /// For each key that is tried.
        public var login: Duration

        public init(
            connect: Duration = .seconds(10), handshake: Duration = .seconds(15), login: Duration = .seconds(20)
        ) {
            self.connect = connect
            self.handshake = handshake
            self.login = login
        }
    }

    /// The usual places below `home`, as OpenSSH has them.
    public init(home: String, user: String, agentSocket: String? = nil) {
        self.home = home
        self.user = user
        self.agentSocket = agentSocket
        configurationFiles = ["\(home)/.ssh/config", "/etc/ssh/ssh_config"]
        knownHostsFile = "\(home)/.ssh/known_hosts"
        otherKnownHostsFiles = ["\(home)/.ssh/known_hosts2", "/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]
        defaultIdentities = ["id_ed25519", "id_ecdsa", "id_rsa"].map { "\(home)/.ssh/\($0)" }
        limits = Limits()
    }

    /// Home directory, user and agent as `environment` has them.
    public static func standard(environment: [String: String]) -> SSHSettings {
        let home = environment["HOME"] ?? FileManager.default.homeDirectoryForCurrentUser.path
        let user = environment["USER"] ?? environment["LOGNAME"] ?? "root"
        return SSHSettings(home: home, user: user, agentSocket: environment["SSH_AUTH_SOCK"])
    }
}
