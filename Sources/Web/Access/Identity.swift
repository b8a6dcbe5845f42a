internal import Fleet
internal import Foundation
internal import Hummingbird
internal import NIOCore
internal import Store

/// Who asks.
struct Identity: Sendable {
    enum Way: Sendable {
        case session(Secret)
        case token
        /// At the control socket.
        case peer
    }

    var name: UserName
    var role: UserRole
    var way: Way

    /// For the audit log. A local user is called as when working alone.
    var actor: String { if case .peer = way { name.description } else { "\(name)@web" } }

    /// What a form must carry; empty for tokens, which no browser sends by itself.
    var formToken: String {
        if case .session(let secret) = way { secret.formToken } else { "" }
    }

    /// Fails with `forbidden`.
    func require(_ role: UserRole) throws(WebFailure) {
        guard self.role < role else { return }
        throw WebFailure(
            .forbidden, "forbidden", "That takes the role \(role.rawValue); \(name) has \(self.role.rawValue).")
    }
}

/// What is known of a request beside itself.
struct WebContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    var identity: Identity?
    /// The other end's IP address; of a socket, `socket`.
    let peer: String
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
        peer = source.channel.remoteAddress?.ipAddress ?? "socket"
    }

    /// Fails with `login-needed`.
    func user() throws(WebFailure) -> Identity {
        guard let identity else { throw WebFailure(.unauthorized, "login-needed", "Log in, or send a token.") }
        return identity
    }

    func name(_ parameter: String) -> String { parameters.get(parameter)?.removingPercentEncoding ?? "" }
}
