internal import Fleet
internal import Foundation
internal import HTTPTypes
internal import NIOCore

/// The process at the other end of a unix socket, as the kernel knew it when it connected. The layout is that of `ucred`
/// (unix(7), SO_PEERCRED).
struct Peer: Hashable, Sendable {
    var pid: Int32
    var user: UInt32
    var group: UInt32

    /// Fails with `peer-unknown` where the connection is none of a unix socket.
    static func of(_ channel: any Channel) async throws -> Peer {
        guard let socket = channel as? any SocketOptionProvider,
            let peer: Peer = try? await socket.unsafeGetSocketOption(
                level: .socket, name: NIOBSDSocket.Option(rawValue: SO_PEERCRED)
            ).get()
        else { throw WebFailure(.forbidden, "peer-unknown", "The kernel does not tell who is at the other end.") }
        return peer
    }
}

/// What a local user may do through the control socket.
struct PeerRights: Sendable {
    let settings: @Sendable () -> ControlSettings
    private let own = geteuid()

    init(_ settings: @escaping @Sendable () -> ControlSettings) { self.settings = settings }

    /// `claimed`: whom root or our own user says to act for, as sudo has it. Fails with `peer-unknown`.
    func identity(of peer: Peer, claiming claimed: String?) throws(WebFailure) -> Identity {
        let account = LocalAccount(peer.user)
        let name = account?.name ?? UserName("uid-\(peer.user)")
        guard let name else { throw Self.stranger(peer) }
        if peer.user == 0 || peer.user == own {
            return Identity(name: claimed.flatMap { UserName($0) } ?? name, role: .approver, way: .peer)
        }
        let settings = settings()
        guard let group = settings.group, let account, account.isMember(of: group, besides: peer.group) else {
            throw Self.stranger(peer)
        }
        return Identity(name: name, role: settings.users[name] ?? settings.role, way: .peer)
    }

    private static func stranger(_ peer: Peer) -> WebFailure {
        WebFailure(
            .forbidden, "peer-unknown",
            "The local user \(peer.user) is not among those who may talk to the controller.",
            advice: "Members of the group that the configuration names may: control: group.")
    }
}

/// An entry of the user database.
struct LocalAccount: Sendable {
    /// Nil where it has characters that no user of ours has.
    let name: UserName?
    private let login: String
    private let primaryGroup: UInt32

    /// Nil where there is none with this number.
    init?(_ number: UInt32) {
        var (entry, found, buffer) = (passwd(), UnsafeMutablePointer<passwd>?.none, [CChar](repeating: 0, count: 16384))
        guard getpwuid_r(number, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        login = String(cString: entry.pw_name)
        name = UserName(login)
        primaryGroup = entry.pw_gid
    }

    /// By the group database at this moment, or by the group the process runs under.
    func isMember(of group: String, besides current: UInt32) -> Bool {
        guard let wanted = Self.group(group) else { return false }
        if current == wanted { return true }
        var (groups, count) = ([gid_t](repeating: 0, count: 1024), Int32(1024))
        guard getgrouplist(login, primaryGroup, &groups, &count) >= 0 else { return false }
        return groups.prefix(Int(count)).contains(wanted)
    }

    static func group(_ name: String) -> UInt32? {
        var (entry, found, buffer) = (
            Foundation.group(), UnsafeMutablePointer<group>?.none, [CChar](repeating: 0, count: 65536)
        )
        guard getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        return entry.gr_gid
    }
}
