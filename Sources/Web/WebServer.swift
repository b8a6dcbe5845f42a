public import Engine
public import Fleet
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
public import Logging
internal import NIOCore
internal import NIOSSL
internal import ServiceLifecycle
public import Store

/// The web page and the API.
public struct WebServer: Sendable {
    private let settings: WebSettings
    private let site: Site
    private let logger: Logger

    /// Connections at the same time; more wait until one ends.
    private static let mostConnections = 1024
    private static let idleSeconds: Int64 = 30
    /// A browser sends some two kilobytes.
    private static let headerBytes = 16 * 1024

    public init(
        _ settings: WebSettings, store: Store, host: RolloutHost, time: any TimeSource = SystemTime(),
        logger: Logger = Logger(label: "vfiofleet.web")
    ) {
        self.settings = settings
        self.logger = logger
        site = Site(settings: settings, store: store, host: host, time: time)
    }

    /// Serves until its task is cancelled; then answers what it was asked, for a few seconds at most.
    /// `onReady` is called once it listens. Fails with `web-cannot-listen`, `web-certificate-unreadable`.
    public func run(onReady: @escaping @Sendable () -> Void) async throws(FleetError) {
        let application = Application(
            responder: site.router().buildResponder(), server: try server(), configuration: configuration,
            onServerRunning: { _ in
                settings.address.restrict()
                onReady()
            }, logger: logger)
        let group = ServiceGroup(
            configuration: {
                var configuration = ServiceGroupConfiguration(
                    services: [.init(service: application)], gracefulShutdownSignals: [], logger: logger)
                configuration.maximumGracefulShutdownDuration = .seconds(3)
                return configuration
            }())
        let reading = Task(priority: .background) { await site.catalogue.follow(logger) }
        defer { reading.cancel() }
        // A task of its own: cancelled itself, it would cut off what is being answered.
        let serving = Task { try await group.run() }
        do {
            try await withTaskCancellationHandler {
                try await serving.value
            } onCancel: {
                site.streams.close()
                Task { await group.triggerGracefulShutdown() }
            }
        } catch is CancellationError {
        } catch {
            throw FleetError(
                "web-cannot-listen", "The web page can't listen on \(settings.address): \(error).",
                advice: "Is another process there? Name an address of this machine and a free port.")
        }
    }

    private var configuration: ApplicationConfiguration {
        let address: BindAddress =
            switch settings.address {
            case .tcp(let host, let port): .hostname(host, port: port)
            case .unix(let path): .unixDomainSocket(path: path)
            }
        return ApplicationConfiguration(
            address: address, availableConnectionsDelegate: MaximumAvailableConnections(Self.mostConnections))
    }

    private func server() throws(FleetError) -> HTTPServerBuilder {
        let http = HTTPServerBuilder.http1(
            configuration: .init(
                additionalChannelHandlers: [SlowReaders()], idleTimeout: .seconds(Self.idleSeconds),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: Self.headerBytes, maxHeaderListSize: Self.headerBytes, maxHeaderFieldCount: 100)
            ))
        guard let tls = settings.tls else { return http }
        do {
            let chain = try NIOSSLCertificate.fromPEMFile(tls.certificate).map {
                NIOSSLCertificateSource.certificate($0)
            }
            let key = try NIOSSLPrivateKey(file: tls.key, format: .pem)
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            return try .tls(http, tlsConfiguration: configuration)
        } catch {
            throw FleetError(
                "web-certificate-unreadable",
                "The certificate \(tls.certificate) with the key \(tls.key) can't be used: \(error).",
                advice: "Both are PEM files that the controller may read, and belong to each other.")
        }
    }
}

extension WebSettings.Address {
    /// Who may write to a socket may try passwords on it: its owner and group alone.
    fileprivate func restrict() {
        if case .unix(let path) = self { SocketFile.restrict(path) }
    }
}
