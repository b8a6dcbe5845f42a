extension TemporaryFolder {
    public func path(of name: String) -> String { "\(path)/\(name)" }

    /// A fresh key pair in `name` and `name.pub`, as ssh-keygen makes it; returns the private key's path.
    @discardableResult
    public func makeKey(_ name: String, type: String = "ed25519", passphrase: String = "") async throws -> String {
        let size = type == "rsa" ? ["-b", "2048"] : []
        let result = try await Program("/usr/bin/ssh-keygen")
            .run(["-q", "-t", type, "-N", passphrase, "-C", name, "-f", path(of: name)] + size)
        guard result.status == 0 else { throw TestSupportError("ssh-keygen failed: \(result.transcript)") }
        return path(of: name)
    }
}

public struct TestSupportError: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}
