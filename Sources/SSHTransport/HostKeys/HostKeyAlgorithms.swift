/// The host key algorithms to ask a server for.
enum HostKeyAlgorithms {
    /// Key types and the signature algorithms that go with each, the cheapest to check first.
    static let byType: [(type: String, algorithms: [String])] = [
        ("ssh-ed25519", ["ssh-ed25519"]),
        ("ecdsa-sha2-nistp256", ["ecdsa-sha2-nistp256"]),
        ("ecdsa-sha2-nistp384", ["ecdsa-sha2-nistp384"]),
        ("ecdsa-sha2-nistp521", ["ecdsa-sha2-nistp521"]),
        ("ssh-rsa", ["rsa-sha2-512", "rsa-sha2-256"]),
    ]

    /// Groups of which a server usually has one key each.
    static let families: [[String]] = ["ssh-ed25519", "ecdsa-", "ssh-rsa"].map { prefix in
        byType.filter { $0.type.hasPrefix(prefix) }.flatMap(\.algorithms)
    }

    /// Those of recorded types first, so that the server shows a key that can be compared. The others follow: a server
    /// that has none of the recorded ones any more is then reported as changed rather than as not understood.
    static func preferring(_ types: [String]) -> [String] {
        let recorded = byType.filter { types.contains($0.type) }
        let others = byType.filter { !types.contains($0.type) }
        return (recorded + others).flatMap(\.algorithms)
    }
}
