public import Engine
public import Fleet
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
public import Logging
public import Store
internal import Synchronization

/// The web page and the API.
public struct WebServer: Sendable {
    private let settings: WebSettings
    private let certificate: WebCertificate?
    private let site: Site
    private let logger: Logger

    /// `certificate`: that of the settings; nil = it speaks no TLS.
    public init(
        _ settings: WebSettings, _ certificate: WebCertificate? = nil, store: Store, host: RolloutHost,
        time: any TimeSource = SystemTime(),
        logger: Logger = Logger(label: "vfiofleet.web")
    ) {
        self.settings = settings
        self.certificate = certificate
        self.logger = logger
        site = Site(settings: settings, store: store, host: host, time: time)
    }

    /// Serves until its task is cancelled; then answers what it was asked, for a few seconds at most.
    /// `onReady` is called once it listens. Fails with `web-cannot-listen`.
    public func run(onReady: @escaping @Sendable () -> Void) async throws(FleetError) {
        let reading = Task(priority: .background) { await site.catalogue.follow(logger) }
        defer { reading.cancel() }
        let listening = Listening(
            address: settings.address, responder: site.router().buildResponder(), server: try server(), logger: logger,
            onClosing: { site.streams.close() })
        do {
            try await listening.run {
                // Who may write to a socket may try passwords on it: its owner and group alone.
                if case .unix(let path) = settings.address { SocketFile.restrict(path) }
                onReady()
            }
        } catch {
            throw FleetError(
                "web-cannot-listen", "The web page can't listen on \(settings.address): \(error).",
                advice: "Is another process there? Name an address of this machine and a free port.")
        }
    }

    private func server() throws(FleetError) -> HTTPServerBuilder {
        guard let certificate else { return Listening.http }
        do { return try .tls(Listening.http, tlsConfiguration: certificate.configuration) } catch {
            throw FleetError("web-certificate-unreadable", "The certificate can't be used: \(error).")
        }
    }
}

/// What commands of this machine talk to.
public struct ControlServer: Sendable {
    private let control: ControlListener
    private let site: Site
    private let looks = Looks()
    private let logger: Logger

    public init(
        _ control: ControlListener, store: Store, host: RolloutHost, time: any TimeSource = SystemTime(),
        logger: Logger = Logger(label: "vfiofleet.control")
    ) {
        self.control = control
        self.logger = logger
        let settings = WebSettings(
            address: .unix(control.path), needsFourEyes: control.settings().needsFourEyes)
        site = Site(settings: settings, store: store, host: host, time: time)
    }

    /// Serves until its task is cancelled, and takes its socket away. Looks under way are interrupted then. Fails with
    /// `control-cannot-listen`.
    public func run(onReady: @escaping @Sendable () -> Void) async throws(FleetError) {
        let listening = Listening(
            address: .unix(control.path), responder: site.router(for: control, looks).buildResponder(),
            server: Listening.http,
            logger: logger,
            onClosing: {
                site.streams.close()
                Task { await looks.close() }
            })
        let number = Mutex<UInt64?>(nil)
        defer { ControlSocket.remove(control.path, numbered: number.withLock(\.self)) }
        do {
            try await listening.run {
                number.withLock { $0 = ControlSocket.number(of: control.path) }
                ControlSocket.restrict(control.path, to: control.settings().group)
                onReady()
            }
        } catch {
            throw FleetError(
                "control-cannot-listen", "The controller can't listen on \(control.path): \(error).",
                advice: "Name another place: control: socket.")
        }
    }
}
