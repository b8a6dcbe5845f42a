import Crypto
import FoundationEssentials

/// A server's public key.
public struct HostKey: Hashable, Sendable {
    /// As in known_hosts: `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa` and so on.
    public var type: String
    /// The key itself, in base64 with padding, as in known_hosts.
    public var base64: String

    public init(type: String, base64: String) {
        self.type = type
        self.base64 = base64
    }

    /// `SHA256:…` as `ssh-keygen -l` prints it.
    public var fingerprint: String {
        let digest = SHA256.hash(data: Data(base64Encoded: base64) ?? Data())
        let encoded = Data(digest).base64EncodedString()
        return "SHA256:" + encoded.prefix { $0 != "=" }
    }
}

extension HostKey: CustomStringConvertible {
    public var description: String { "\(type) \(fingerprint)" }
}
