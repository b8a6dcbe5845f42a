/// A certificate authority of a test's own, made by openssl. Its files end with it.
public struct TestAuthority: Sendable {
    private let folder: TemporaryFolder
    /// In PEM form, as those who trust it have it.
    public var path: String { folder.path + "/ca.pem" }

    public var text: String { get throws { try folder.text("ca.pem") } }

    /// Paths of PEM files.
    public struct Certificate: Sendable {
        public var certificate: String
        public var key: String
    }

    public init() async throws {
        folder = try TemporaryFolder()
        try await Self.openssl(
            "req", "-x509", "-keyout", "\(folder.path)/ca.key", "-out", path, "-subj", "/CN=test authority", "-days",
            "2")
    }

    /// A certificate for `name`, `IP:127.0.0.1` for example. `days`: until it expires; below 0 it has.
    public func certificate(for name: String, days: Int = 2) async throws -> Certificate {
        let base = "\(folder.path)/\(name.filter(\.isLetter))\(days)"
        try folder.write("subjectAltName = \(name)\n", to: "names")
        try await Self.openssl("req", "-keyout", base + ".key", "-out", base + ".csr", "-subj", "/CN=test")
        try await Self.run([
            "x509", "-req", "-in", base + ".csr", "-CA", path, "-CAkey", "\(folder.path)/ca.key", "-CAcreateserial",
            "-days", "\(days)", "-extfile", "\(folder.path)/names", "-out", base + ".pem",
        ])
        return Certificate(certificate: base + ".pem", key: base + ".key")
    }

    fileprivate static func openssl(_ arguments: String...) async throws {
        try await run(arguments + ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
    }

    private static func run(_ arguments: [String]) async throws {
        let result = try await Program("/usr/bin/openssl").run(arguments)
        guard result.status == 0 else { throw TestSupportError(result.transcript) }
    }
}

extension TemporaryFolder {
    /// A certificate for `localhost` that is its own issuer, and its key; both as PEM, in files of these names.
    public func makeCertificate(_ certificate: String, key: String) async throws {
        try await TestAuthority.openssl(
            "req", "-x509", "-keyout", path(of: key), "-out", path(of: certificate), "-subj", "/CN=localhost", "-days",
            "2")
    }
}
