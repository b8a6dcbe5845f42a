internal import Fleet
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import ServiceLifecycle

/// One address with what answers there.
struct Listening: Sendable {
    let address: WebSettings.Address
    let responder: RouterResponder<WebContext>
    let server: HTTPServerBuilder
    let logger: Logger
    /// Ends what would go on for long, before no new request is taken.
    let onClosing: @Sendable () -> Void

    /// Connections at the same time; more wait until one ends.
    private static let mostConnections = 1024
    private static let idleSeconds: Int64 = 30
    /// A browser sends some two kilobytes.
    private static let headerBytes = 16 * 1024

    /// Serves until its task is cancelled; then answers what it was asked, for a few seconds at most.
    func run(onReady: @escaping @Sendable () -> Void) async throws {
        let application = Application(
            responder: responder, server: server, configuration: configuration,
            onServerRunning: { _ in onReady() }, logger: logger)
        let group = ServiceGroup(
            configuration: {
                var configuration = ServiceGroupConfiguration(
                    services: [.init(service: application)], gracefulShutdownSignals: [], logger: logger)
                configuration.maximumGracefulShutdownDuration = .seconds(3)
                return configuration
            }())
        // A task of its own: cancelled itself, it would cut off what is being answered.
        let serving = Task { try await group.run() }
        do {
            try await withTaskCancellationHandler {
                try await serving.value
            } onCancel: {
                onClosing()
                Task { await group.triggerGracefulShutdown() }
            }
        } catch is CancellationError {}
    }

    static var http: HTTPServerBuilder {
        .http1(
            configuration: .init(
                additionalChannelHandlers: [HostGuard(), SlowReaders()], idleTimeout: .seconds(idleSeconds),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: headerBytes, maxHeaderListSize: headerBytes, maxHeaderFieldCount: 100)))
    }

    private var configuration: ApplicationConfiguration {
        let address: BindAddress =
            switch address {
            case .tcp(let host, let port): .hostname(host, port: port)
            case .unix(let path): .unixDomainSocket(path: path)
            }
        return ApplicationConfiguration(
            address: address, availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections))
    }
}
