internal import Crypto
internal import CryptoExtras
internal import Dispatch
public import Fleet
internal import Foundation
internal import Synchronization

/// Passwords as scrypt hashes (RFC 7914), written `scrypt$15$8$3$SALT$HASH`: the binary logarithm of the rounds, block size,
/// parallelism, and both values in base64. One costs 32 MiB for a moment, so they are made one after the other.
public enum PasswordHash {
    /// By OWASP's password storage cheat sheet, N = 2^15, r = 8, p = 3 is as good as N = 2^17, r = 8, p = 1.
    private static let usual = Cost(logRounds: 15, blockSize: 8, parallelism: 3)
    private static let saltBytes = 16
    private static let hashBytes = 32
    private static let queue = DispatchQueue(label: "vfiofleet.passwords")
    private static let waiting = Atomic(0)
    /// More logins at once are refused: each keeps the queue busy for a moment.
    private static let most = 32

    private struct Cost {
        var logRounds: Int
        var blockSize: Int
        var parallelism: Int
    }

    /// What is too short to be a password: rate limits protect the page, not a copy of the database.
    public static let shortest = 12
    public static let longest = 1024

    /// Fails with `password-weak`.
    public static func make(_ password: String) async throws(FleetError) -> String {
        guard (shortest...longest).contains(password.utf8.count) else {
            throw FleetError(
                "password-weak", "A password has \(shortest) to \(longest) bytes; this one has \(password.utf8.count).",
                advice: "Take a few words, or let a password manager make one.")
        }
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<saltBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let hash = try await derive(password, salt, usual)
        let parts = [
            "scrypt", "\(usual.logRounds)", "\(usual.blockSize)", "\(usual.parallelism)",
            Data(salt).base64EncodedString(),
            Data(hash).base64EncodedString(),
        ]
        return parts.joined(separator: "$")
    }

    /// As slow without a hash as with one, so that it can't be told which users there are.
    /// Fails with `login-busy` when too many wait.
    static func matches(_ password: String, _ stored: String?) async throws(FleetError) -> Bool {
        let parts = stored?.split(separator: "$").map(String.init) ?? []
        guard parts.count == 6, let logRounds = Int(parts[1]), let block = Int(parts[2]), let lanes = Int(parts[3]),
            let salt = Data(base64Encoded: parts[4]), let hash = Data(base64Encoded: parts[5]),
            (10...20).contains(logRounds), (1...32).contains(block), (1...16).contains(lanes), hash.count == hashBytes
        else {
            _ = try await derive(password, [UInt8](repeating: 0, count: saltBytes), usual)
            return false
        }
        let cost = Cost(logRounds: logRounds, blockSize: block, parallelism: lanes)
        return Secret.areEqual(try await derive(password, [UInt8](salt), cost), [UInt8](hash))
    }

    private static func derive(_ password: String, _ salt: [UInt8], _ cost: Cost) async throws(FleetError) -> [UInt8] {
        defer { waiting.subtract(1, ordering: .relaxed) }
        guard waiting.add(1, ordering: .relaxed).newValue <= most else {
            throw FleetError("login-busy", "Too many log in at this moment.", advice: "Try again in a moment.")
        }
        let bytes = Array(password.utf8)
        let key = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(
                    returning: Result {
                        try KDF.Scrypt.deriveKey(
                            from: bytes, salt: salt, outputByteCount: hashBytes, rounds: 1 << cost.logRounds,
                            blockSize: cost.blockSize, parallelism: cost.parallelism)
                    })
            }
        }
        do { return try key.get().withUnsafeBytes(Array.init) } catch {
            throw FleetError("password-hash-failed", "The password's hash could not be made: \(error).")
        }
    }
}
