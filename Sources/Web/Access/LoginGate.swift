internal import Fleet
internal import Foundation

/// How often somebody may try a password: few times for one user from one address, some more from one address, and many
/// for one user from anywhere, so that nobody can lock a user out by typing nonsense from elsewhere for a while.
actor LoginGate {
    private struct Key: Hashable {
        var user: String?
        var address: String?
    }

    private var failures: [Key: [Timestamp]] = [:]

    static let window = 15 * 60
    /// More are forgotten, the whole at once: it takes an attacker with as many addresses.
    private static let mostKeys = 20_000

    /// Counts a try before the password is looked at, so that many at once get no further than one after the other.
    /// Returns the seconds to wait; nil = it may be tried.
    func enter(_ user: String, from address: String, at now: Timestamp) -> Int? {
        let keys = Self.keys(user, address)
        let since = now.adding(seconds: -Self.window)
        if failures.count > Self.mostKeys { failures = [:] }
        for (key, most) in keys {
            let tries = failures[key, default: []].filter { $0 > since }
            failures[key] = tries.isEmpty ? nil : tries
            if tries.count >= most, let first = tries.first {
                return max(1, Int((first.milliseconds - since.milliseconds) / 1000))
            }
        }
        for (key, _) in keys { failures[key, default: []].append(now) }
        return nil
    }

    /// The password was right: nothing is held against this user from this address.
    func succeed(_ user: String, from address: String) {
        for (key, _) in Self.keys(user, address) { failures[key] = nil }
    }

    /// Whoever has one IPv6 address mostly has the 2^64 of its network (RFC 6177), so that counts as one.
    static func network(of address: String) -> String {
        let plain = address.split(separator: "%", maxSplits: 1).first.map(String.init) ?? address
        var bytes = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, plain, &bytes) == 1 else { return address }
        if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
            return bytes.suffix(4).map(String.init).joined(separator: ".")
        }
        return bytes.prefix(8).map { String(Int($0) + 256, radix: 16).dropFirst() }.joined() + "/64"
    }

    private static func keys(_ user: String, _ address: String) -> [(Key, most: Int)] {
        let address = network(of: address)
        return [
            (Key(user: user, address: address), 5), (Key(user: nil, address: address), 20),
            (Key(user: user, address: nil), 100),
        ]
    }
}
