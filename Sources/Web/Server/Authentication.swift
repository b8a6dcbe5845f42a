internal import Fleet
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Store

/// Finds out who asks: by a token in the Authorization header, or by a session's cookie.
struct Authentication: RouterMiddleware {
    typealias Context = WebContext

    let site: Site

    func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.identity = try await identity(request)
        if !["GET", "HEAD", "OPTIONS"].contains(request.method.rawValue) { try refuseForeign(request) }
        return try await next(request, context)
    }

    private func identity(_ request: Request) async throws -> Identity? {
        if let header = request.headers[.authorization] {
            let parts = header.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, parts[0].lowercased() == "bearer",
                let user = try await site.store.user(ofToken: Secret(text: String(parts[1])).digest, at: site.now)
            else { throw WebFailure(.unauthorized, "token-invalid", "The token is unknown, revoked or expired.") }
            return Identity(name: user.name, role: user.role, way: .token)
        }
        guard let cookie = request.cookies[site.settings.cookieName]?.value else { return nil }
        let secret = Secret(text: cookie)
        guard let user = try await site.store.user(ofSession: secret.digest, at: site.now) else { return nil }
        return Identity(name: user.name, role: user.role, way: .session(secret))
    }

    /// Browsers say where a request comes from; another site has no business to send forms here. The form's own token is
    /// looked at besides, where there is a session.
    private func refuseForeign(_ request: Request) throws {
        if let site = request.headers[.named("Sec-Fetch-Site")], !["same-origin", "none"].contains(site) {
            throw WebFailure(.forbidden, "foreign-form", "This form was sent by another site.")
        }
        guard let origin = request.headers[.origin] else { return }
        let host = origin.split(separator: "/", maxSplits: 2).last.map(String.init) ?? ""
        guard host.lowercased() == request.head.authority?.lowercased() else {
            throw WebFailure(.forbidden, "foreign-form", "This form was sent by another site.")
        }
    }
}

extension WebSettings {
    /// Browsers take `__Host-` from this very host and through TLS only.
    var cookieName: String { isSecure ? "__Host-vfiofleet" : "vfiofleet" }
}

extension WebContext {
    /// The one who asks for something to be done: the form must be of the same session. Fails with `form-expired`.
    func user(_ role: UserRole, _ form: Form, _ request: Request) throws -> Identity {
        let user = try user()
        if case .session = user.way {
            let sent = request.headers[.named("X-CSRF-Token")] ?? form["form-token"]
            guard Secret.areEqual(Array(sent.utf8), Array(user.formToken.utf8)) else {
                throw WebFailure(
                    .forbidden, "form-expired", "The form is of another session.", advice: "Load the page again.")
            }
        }
        try user.require(role)
        return user
    }
}
