internal import HTTPTypes
internal import Hummingbird
internal import Metrics

/// Counts requests and the time to the beginning of their answers, by route: addresses are many, routes are few.
struct Counting: RouterMiddleware {
    typealias Context = WebContext

    func handle(
        _ request: Request, context: WebContext, next: @concurrent (Request, WebContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let route = ("route", context.endpointPath ?? "none")
        let labels = [("method", Self.method(request.method)), route]
        Counter(
            label: "vfiofleet_http_requests_total", dimensions: labels + [("status", "\(response.status.code)")]
        ).increment()
        Metrics.Timer(label: "vfiofleet_http_request_duration_seconds", dimensions: [route])
            .recordNanoseconds((ContinuousClock.now - start).wholeNanoseconds)
        return response
    }

    /// Clients may invent methods.
    private static func method(_ method: HTTPRequest.Method) -> String {
        [.get, .head, .post].contains(method) ? method.rawValue : "other"
    }
}

extension Duration {
    fileprivate var wholeNanoseconds: Int64 {
        components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000
    }
}
