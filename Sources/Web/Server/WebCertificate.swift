public import Fleet
internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// The page's certificate and its key, which can be read anew while it listens: who connects after that gets the new one.
public final class WebCertificate: Sendable {
    private struct Pair: Sendable {
        var chain: [NIOSSLCertificateSource]
        var key: NIOSSLPrivateKeySource
    }

    private let files: WebSettings.TLS
    private let current: Mutex<Pair>

    /// Fails with `web-certificate-unreadable`.
    public init(_ files: WebSettings.TLS) throws(FleetError) {
        self.files = files
        current = Mutex(try Self.read(files))
    }

    /// Reads the files anew; those that can't be used change nothing. Fails with `web-certificate-unreadable`.
    public func reload() throws(FleetError) {
        let pair = try Self.read(files)
        current.withLock { $0 = pair }
    }

    /// For a server, which asks again at each connection.
    var configuration: TLSConfiguration {
        var configuration = Self.configuration(of: current.withLock(\.self))
        configuration.sslContextCallback = { [self] _, promise in
            let pair = current.withLock(\.self)
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = pair.chain
            override.privateKey = pair.key
            promise.succeed(override)
        }
        return configuration
    }

    private static func configuration(of pair: Pair) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: pair.chain, privateKey: pair.key)
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }

    private static func read(_ files: WebSettings.TLS) throws(FleetError) -> Pair {
        let chain = try part("The certificate \(files.certificate) can't be read") {
            try NIOSSLCertificate.fromPEMFile(files.certificate)
        }
        let key = try part("The certificate's key \(files.key) can't be read") {
            try NIOSSLPrivateKey(file: files.key, format: .pem)
        }
        let pair = Pair(chain: chain.map { .certificate($0) }, key: .privateKey(key))
        return try part("The key \(files.key) does not belong to the certificate \(files.certificate)") {
            _ = try NIOSSLContext(configuration: configuration(of: pair))
            return pair
        }
    }

    private static func part<Value>(_ failure: String, _ body: () throws -> Value) throws(FleetError) -> Value {
        do { return try body() } catch {
            throw FleetError(
                "web-certificate-unreadable", "\(failure): \(error).",
                advice: "Both are PEM files without a pass phrase that the controller may read, the own certificate "
                    + "comes first, and both belong to each other.")
        }
    }
}
