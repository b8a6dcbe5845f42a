import Crypto
public import Fleet
import Foundation
internal import GRDB

/// Values as JSON text in a column: one value, one text (sorted keys), so that digests and comparisons hold.
enum Document {
    static func text(_ value: some Encodable) throws -> String { try CanonicalJSON.text(value) }

    /// `what` names the row in the error: `node pve1`.
    static func value<T: Decodable>(
        _ text: String, _ what: @autoclosure () -> String
    ) throws
        -> T
    {
        do { return try JSONDecoder().decode(T.self, from: Data(text.utf8)) } catch {
            throw StoreFailure.unreadable(what(), "\(error)")
        }
    }
}

extension ContentDigest {
    /// The SHA-256 of `content`.
    public static func sha256(_ content: some Sequence<UInt8>) -> ContentDigest {
        var hash = SHA256()
        let bytes = Array(content)
        bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
        return ContentDigest(finished: hash.finalize())
    }

    init(finished digest: SHA256Digest) {
        guard let value = ContentDigest(bytes: digest) else { preconditionFailure("a SHA-256 has 32 bytes") }
        self = value
    }

    var blob: Data { Data(bytes) }

    init(blob: Data, of what: @autoclosure () -> String) throws {
        guard let digest = ContentDigest(bytes: blob) else {
            throw StoreFailure.unreadable(what(), "its digest has \(blob.count) bytes instead of 32")
        }
        self = digest
    }
}
