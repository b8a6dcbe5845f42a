internal import Crypto
public import Fleet
internal import Foundation
internal import Store

/// A session's or a token's secret: 256 random bits. The store knows only its digest.
public struct Secret: Sendable {
    /// As the browser or the program keeps it: `vff_` and 43 characters of base64url.
    public let text: String

    public static func make() -> Secret {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return Secret(text: "vff_" + base64url(bytes))
    }

    public init(text: String) { self.text = text }

    public var digest: ContentDigest { .sha256(Array(text.utf8)) }

    /// What forms of this session carry: another site can't know it.
    var formToken: String {
        let key = SymmetricKey(data: Data(text.utf8))
        return Self.base64url(Array(HMAC<SHA256>.authenticationCode(for: Data("vfiofleet form".utf8), using: key)))
    }

    private static func base64url(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
    }

    /// In a time that does not tell where they differ.
    static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(into: UInt8(0)) { $0 |= $1.0 ^ $1.1 } == 0
    }
}
