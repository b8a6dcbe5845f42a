internal import Fleet
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging

/// What browsers must not do with any answer of ours.
struct SafeHeaders: RouterMiddleware {
    typealias Context = WebContext

    let isSecure: Bool

    func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
            + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[.named("Referrer-Policy")] = "same-origin"
        response.headers[.named("Cross-Origin-Opener-Policy")] = "same-origin"
        response.headers[.named("Cross-Origin-Resource-Policy")] = "same-origin"
        response.headers[.named("Permissions-Policy")] = "camera=(), geolocation=(), microphone=()"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        if isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        return response
    }
}

extension HTTPField.Name {
    static func named(_ name: String) -> HTTPField.Name {
        HTTPField.Name(name) ?? .server
    }
}

/// Turns failures into answers: problems for programs, pages for people.
struct Failing: RouterMiddleware {
    typealias Context = WebContext

    /// Who asks is of this machine, and may know where its files are.
    let isLocal: Bool

    func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        do { return try await next(request, context) } catch let error as CancellationError { throw error } catch {
            let failure = isLocal ? WebFailure(error) : WebFailure(error).withoutPlaces
            if failure.status.code >= 500 {
                context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            }
            var response = answer(to: request, context, failure)
            if let allowed = failure.allowed { response.headers[.allow] = allowed }
            if let seconds = failure.retryAfter { response.headers[.retryAfter] = "\(seconds)" }
            // What is left of a body that nobody reads is not waited for.
            if failure.status.code >= 400, request.method != .get { response.headers[.connection] = "close" }
            return response
        }
    }

    private func answer(to request: Request, _ context: WebContext, _ failure: WebFailure) -> Response {
        if request.isForProgram {
            var response = Problem(failure).response
            if failure.status == .unauthorized { response.headers[.wwwAuthenticate] = "Bearer" }
            return response
        }
        if failure.status == .unauthorized, request.method == .get || request.method == .head {
            let path = request.uri.path == "/" ? "" : "?next=" + request.uri.string.asQueryValue
            return .redirect(to: "/login" + path)
        }
        return FailurePage(failure: failure, identity: context.identity).response
    }
}

extension Request {
    var isForProgram: Bool {
        ["/api/", "/metrics", "/healthz", "/readyz"].contains { uri.path.hasPrefix($0) }
    }
}

extension String {
    var asQueryValue: String {
        addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(CharacterSet(charactersIn: "-._~/"))) ?? ""
    }
}

/// Lets only requests through that were meant for us. A page of somebody else may have its name point here, and would then
/// count as the same site.
struct HostCheck: RouterMiddleware {
    typealias Context = WebContext

    private let names: Set<String>

    init(_ settings: WebSettings) {
        var names = Set(settings.names)
        if case .tcp(let host, _) = settings.address { names.insert(host.contains(":") ? "[\(host)]" : host) }
        if settings.isLocal { names.formUnion(["localhost", "127.0.0.1", "[::1]"]) }
        self.names = names
    }

    func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        // Balancers ask by address; there is nothing to be had there.
        if ["/healthz", "/readyz"].contains(request.uri.path) { return try await next(request, context) }
        guard names.contains(Self.name(in: request.head.authority ?? "")) else {
            throw WebFailure(
                .misdirectedRequest, "host-unknown", "“\(request.head.authority ?? "")” is not a name of this page.",
                advice: "Add it to web: names: in the configuration.")
        }
        return try await next(request, context)
    }

    /// Without a port, in lower case.
    static func name(in authority: String) -> String {
        guard !authority.hasSuffix("]"), let colon = authority.lastIndex(of: ":") else { return authority.lowercased() }
        return authority[..<colon].lowercased()
    }
}
