internal import Fleet
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTP1

/// Puts the authority of an absolute address beside what `Host` says, where that is another: what comes later sees the path
/// alone, and `OneHost` refuses whoever names two.
final class AddressedHost: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(var head) = unwrapInboundIn(data), let authority = Self.authority(of: head.uri),
            let host = head.headers["Host"].first, host.lowercased() != authority.lowercased()
        else { return context.fireChannelRead(data) }
        head.headers.add(name: "Host", value: authority)
        context.fireChannelRead(wrapInboundOut(.head(head)))
    }

    /// Of `http://AUTHORITY/PATH` (RFC 9112, 3.2.2); nil = it is a path, or anything else.
    static func authority(of target: String) -> String? {
        guard let separator = target.range(of: "://") else { return nil }
        let scheme = target[..<separator.lowerBound]
        let isScheme = scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        guard isScheme, scheme.first?.isLetter == true else { return nil }
        return String(target[separator.upperBound...].prefix { !"/?#".contains($0) })
    }
}

/// Puts `AddressedHost` where requests are still as they were sent.
final class HostGuard: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    func handlerAdded(context: ChannelHandlerContext) {
        let pipeline = context.pipeline.syncOperations
        do {
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(AddressedHost(), position: .after(decoder))
        } catch { context.close(promise: nil) }
    }
}

@available(*, unavailable)
extension AddressedHost: Sendable {}

@available(*, unavailable)
extension HostGuard: Sendable {}

/// Refuses requests that do not name one host: who stands in front of us may have gone by the other one (RFC 9112, 3.2).
struct OneHost: RouterMiddleware {
    typealias Context = WebContext

    func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        // The first one is not among the fields.
        let isAnother = request.headers.contains { $0.name.canonicalName == "host" }
        guard request.head.authority != nil, !isAnother else {
            throw WebFailure(
                .badRequest, "host-ambiguous", "The request names \(isAnother ? "two hosts" : "no host").",
                advice: "Send one Host field, with the host that the address names.")
        }
        return try await next(request, context)
    }
}
