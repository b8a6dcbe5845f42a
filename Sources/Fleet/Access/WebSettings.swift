/// Where the web page and the API listen, and whom they let in.
public struct WebSettings: Hashable, Sendable {
    public enum Address: Hashable, Sendable {
        /// A literal IP address, and a TCP port from 1.
        case tcp(String, port: Int)
        /// A path.
        case unix(String)
    }

    public struct TLS: Hashable, Sendable {
        /// Files in PEM form: the certificate with those that lead to its issuer, and its key.
        public var certificate: String
        public var key: String

        public init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }
    }

    public var address: Address
    /// By which browsers may call it, beside its own address.
    public var names: [String]
    public var tls: TLS?
    /// Something in front of it speaks TLS to browsers, and tells who they are in `X-Forwarded-For`.
    public var isBehindProxy: Bool
    /// Who asked for a roll-out may not let it begin.
    public var needsFourEyes: Bool

    public init(
        address: Address, names: [String] = [], tls: TLS? = nil, isBehindProxy: Bool = false,
        needsFourEyes: Bool = false
    ) {
        self.address = address
        self.names = names
        self.tls = tls
        self.isBehindProxy = isBehindProxy
        self.needsFourEyes = needsFourEyes
    }

    /// Only processes of the same machine get there.
    public var isLocal: Bool {
        switch address {
        case .unix: true
        case .tcp(let host, _): host == "::1" || host.hasPrefix("127.")
        }
    }

    /// Browsers reach it through TLS.
    public var isSecure: Bool { tls != nil || isBehindProxy }
}

extension WebSettings.Address: LosslessStringConvertible {
    /// `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/vfiofleet/web.sock`
    public init?(_ text: String) {
        if text.hasPrefix("unix:/"), text.utf8.count <= 105 {
            self = .unix(String(text.dropFirst(5)))
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65_535).contains(port), text[text.index(after: colon)...].allSatisfy(\.isASCIIDigit)
        else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]"), host.contains(":"),
            host.dropFirst().dropLast().allSatisfy({ $0.isHexDigit && $0.isASCII || $0 == ":" || $0 == "." })
        {
            self = .tcp(String(host.dropFirst().dropLast()), port: port)
            return
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4,
            parts.allSatisfy({ (1...3).contains($0.count) && $0.allSatisfy(\.isASCIIDigit) && (Int($0) ?? 256) < 256 })
        else { return nil }
        self = .tcp(String(host), port: port)
    }

    public var description: String {
        switch self {
        case .unix(let path): "unix:\(path)"
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
