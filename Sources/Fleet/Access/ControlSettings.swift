/// The socket through which commands of this machine talk to the running controller, and what their users may do.
public struct ControlSettings: Hashable, Sendable {
    /// A path; nil = the usual place.
    public var socket: String?
    /// The local group whose members may connect, beside root and the controller's own user; nil = nobody.
    public var group: String?
    /// What members may do who are not named.
    public var role: UserRole
    /// What named members may do.
    public var users: [UserName: UserRole]
    /// Who asked for a roll-out may not let it begin.
    public var needsFourEyes: Bool

    public init(
        socket: String? = nil, group: String? = nil, role: UserRole = .viewer, users: [UserName: UserRole] = [:],
        needsFourEyes: Bool = false
    ) {
        self.socket = socket
        self.group = group
        self.role = role
        self.users = users
        self.needsFourEyes = needsFourEyes
    }

    /// The longest path that `sockaddr_un` of Linux holds.
    public static let longestPath = 107
}
