internal import Fleet
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Store

/// What balancers, systemd and Prometheus ask.
struct HealthRoutes: Sendable {
    let site: Site

    func add(to router: Router<WebContext>) {
        // The process answers; more is not claimed.
        router.get("/healthz") { _, _ in Self.plain("ok\n") }
        router.get("/readyz") { _, _ in
            do throws(FleetError) {
                _ = try await site.store.schedules()
                return Self.plain("ready\n")
            } catch {
                return Self.plain("the database can't be read [\(error.code)]\n", .serviceUnavailable)
            }
        }
        router.get("/metrics") { _, context in
            _ = try context.user()
            let text = try await MetricsPage(site: site).text()
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: .init(byteBuffer: ByteBuffer(string: text)))
        }
    }

    private static func plain(_ text: String, _ status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}
