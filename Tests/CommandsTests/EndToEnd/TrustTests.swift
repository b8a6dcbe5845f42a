import Foundation
import TestSupport
import Testing

/// Host keys through the built program, against real sshd processes.
@Suite struct TrustTests {
    private let server: SSHServer
    private let folder: TemporaryFolder
    private let program: Program
    private let known: String

    init() async throws {
        server = try await SSHServer(hostKeys: ["ed25519", "rsa"])
        folder = try TemporaryFolder()
        known = folder.path + "/known_hosts"
        program = Program.built("vfiofleet", environment: ["VFIOFLEET_DB": folder.path + "/fleet.db"])
        let inventory = """
            nodes:
              pve1: {address: \(server.address), port: \(server.port), user: \(server.user), identity-file: \(server.clientKey)}
            """
        try await expect(0, "inventory", "import", try folder.write(inventory, to: "inventory.yaml"))
    }

    @discardableResult
    private func expect(_ status: Int32, _ arguments: String...) async throws -> Program.Result {
        let connects = arguments.first != "inventory"
        // No configuration of the machine's own decides here.
        let ssh = connects ? ["--known-hosts", known, "--ssh-config", "/dev/null"] : []
        let result = try await program.run(arguments + ssh)
        #expect(result.status == status, "\(arguments): \(result.transcript)")
        return result
    }

    private func fingerprint(_ server: SSHServer, _ type: String = "ed25519") async throws -> String {
        let key = server.files.path(of: "host_\(type).pub")
        let result = try await Program("/usr/bin/ssh-keygen").run("-l", "-f", key)
        return String(try #require(result.output.split(separator: " ").dropFirst().first))
    }

    @Test func anUnknownKeyIsShownAndRecordedOnlyWhenAgreedTo() async throws {
        #expect(try await expect(1, "detect").error.contains("[ssh-host-key-unknown]"))
        let asked = try await expect(1, "trust")
        for type in ["ed25519", "rsa"] { #expect(asked.output.contains(try await fingerprint(server, type))) }
        #expect(asked.error.contains("[confirmation-needed]"))
        #expect(!FileManager.default.fileExists(atPath: known))

        let agreed = try await expect(0, "trust", "--yes")
        #expect(agreed.output.contains("recorded: pve1\n"))
        let name = "[\(server.address)]:\(server.port)"
        let found = try await Program("/usr/bin/ssh-keygen").run("-F", name, "-l", "-f", known)
        #expect(found.output.contains(try await fingerprint(server)), "\(found.transcript)")
        #expect(try await expect(0, "trust").output == "already known: pve1\n")
        #expect(try await expect(0, "detect").output.hasPrefix("1 observed, 1 changed, 0 failed"))
    }

    @Test func aChangedKeyIsRefusedLoudly() async throws {
        let other = try await SSHServer()
        let key = try other.knownHostsLine().split(separator: " ").dropFirst().joined(separator: " ")
        let line = "[\(server.address)]:\(server.port) \(key)\n"
        try folder.write(line, to: "known_hosts")
        for arguments in [["trust"], ["trust", "--yes"]] {
            let refused = try await program.run(
                arguments + ["--known-hosts", known, "--ssh-config", "/dev/null"])
            #expect(refused.status == 1, "\(refused.transcript)")
            #expect(refused.error.contains("WARNING: the host key of pve1"), "\(refused.transcript)")
            for server in [server, other] {
                #expect(refused.error.contains(try await fingerprint(server)), "\(refused.transcript)")
            }
            #expect(refused.error.contains("known_hosts, line 1"), "\(refused.transcript)")
            #expect(try folder.text("known_hosts") == line)
        }
        #expect(try await expect(1, "detect").error.contains("[ssh-host-key-changed]"))
        try await expect(0, "trust", "--yes", "--replace")
        #expect(try !folder.text("known_hosts").contains(key))
        try await expect(0, "detect")
    }

    @Test func hashedNamesAreHonouredAndWritten() async throws {
        try await expect(0, "trust", "--yes", "--hashed")
        let written = try folder.text("known_hosts")
        #expect(written.hasPrefix("|1|") && !written.contains(server.address))
        #expect(try await expect(0, "trust").output == "already known: pve1\n")
        try folder.write(server.knownHostsLine() + "\n", to: "known_hosts")
        #expect(try await Program("/usr/bin/ssh-keygen").run("-H", "-f", known).status == 0)
        #expect(try folder.text("known_hosts").hasPrefix("|1|"))
        try await expect(0, "detect")
    }
}
