internal import HTTPTypes
internal import Hummingbird

/// Finds out who asks by the socket's other end: no password, no token.
struct PeerAuthentication: RouterMiddleware {
    typealias Context = WebContext

    let rights: PeerRights

    static let actorField = HTTPField.Name.named("Vfiofleet-Actor")

    func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.identity = try rights.identity(
            of: try await Peer.of(context.channel), claiming: request.headers[Self.actorField])
        return try await next(request, context)
    }
}
