internal import Foundation

/// A real sshd on a loopback address of its own, with keys and configuration in a directory of its own.
///
/// Everything it started ends with it, sessions included: as root it runs in a process namespace, which also hides
/// root's start-up files.
public final class SSHServer: Sendable {
    public let address: String
    public let port: UInt16
    public let user: String
    public let files: TemporaryFolder
    private let process: ChildProcess

    /// Starts sshd and waits until it answers. `configuration` lines go before the fixture's own, so that they win.
    public init(hostKeys: [String] = ["ed25519"], configuration: [String] = []) async throws {
        files = try TemporaryFolder()
        user = NSUserName()
        address = Loopback.freshAddress()
        port = try Loopback.freePort(on: address)
        for type in hostKeys { try await files.makeKey("host_\(type)", type: type) }
        try await files.makeKey("client")
        try files.write(files.text("client.pub"), to: "authorized_keys")
        try files.write(
            Self.configuration(files, address, port, hostKeys, configuration).joined(separator: "\n") + "\n",
            to: "sshd_config")
        process = try Self.start(files)
        try await Loopback.waitForListener(address, port)
    }

    deinit { stop() }

    /// Ends sshd and all its sessions at once.
    public func stop() { process.kill() }

    /// The private key that may log in.
    public var clientKey: String { files.path(of: "client") }

    /// What sshd has logged so far.
    public func log() throws -> String { try files.text("sshd.log") }

    /// Lets the key of a `.pub` file's text log in too.
    public func authorize(_ publicKey: String) throws {
        try files.write(files.text("authorized_keys") + publicKey, to: "authorized_keys")
    }

    /// The line that makes this server known, for a known_hosts file.
    public func knownHostsLine(_ type: String = "ed25519") throws -> String {
        let key = try files.text("host_\(type).pub").split(separator: " ").prefix(2).joined(separator: " ")
        return "[\(address)]:\(port) \(key)"
    }

    private static func configuration(
        _ files: TemporaryFolder, _ address: String, _ port: UInt16, _ hostKeys: [String], _ first: [String]
    ) -> [String] {
        // Of most words sshd takes the first, of this one the last.
        let startups = first.filter { $0.hasPrefix("MaxStartups ") }.last ?? "MaxStartups 500:30:1000"
        return first + ["ListenAddress \(address)", "Port \(port)", "PidFile none"]
            + hostKeys.map { "HostKey \(files.path(of: "host_\($0)"))" }
            + [
                "AuthorizedKeysFile \(files.path(of: "authorized_keys"))", "StrictModes no", "UsePAM no",
                "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin yes",
                "KexAlgorithms curve25519-sha256", startups, "PrintMotd no", "UseDNS no",
            ] + (hasPenalties ? ["PerSourcePenalties no"] : [])
    }

    /// OpenSSH 9.8 and later keep away who failed before, unless it is told not to; earlier ones refuse the word.
    public static let hasPenalties =
        (try? FileHandle(forReadingFrom: URL(filePath: "/usr/sbin/sshd")).readToEnd())
        .flatMap { $0 }?.range(of: Data("persourcepenalties".utf8)) != nil

    private static func start(_ files: TemporaryFolder) throws -> ChildProcess {
        let sshd = ["/usr/sbin/sshd", "-D", "-e", "-f", files.path(of: "sshd_config")]
        guard getuid() == 0 else { return try ChildProcess(sshd, log: files.path(of: "sshd.log")) }
        try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: files.path(of: "home"), withIntermediateDirectories: true)
        let script = #"mount --bind "$1" /root && shift && exec "$@""#
        return try ChildProcess(
            [
                "/usr/bin/unshare", "-m", "-p", "-f", "--kill-child", "--propagation", "private", "/bin/sh", "-c",
                script, "sh",
            ]
                + [files.path(of: "home")] + sshd, log: files.path(of: "sshd.log"))
    }
}
