import Foundation
import Synchronization
import TestSupport
import Testing

/// A Debian node in QEMU with an emulated IOMMU and two identical cards of three functions each.
///
/// It ends with this value, and with the test process however that ends: its parent waits on a pipe from here.
final class VMNode: Sendable {
    enum IOMMU: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case intel
        case amd
        var testDescription: String { rawValue }
    }

    let endpoint: Endpoint
    private let folder: TemporaryFolder
    private let lifeline: Mutex<FileHandle?>

    /// Starts the machine and waits until its sshd answers.
    static func start(_ name: String, _ iommu: IOMMU, image: String) async throws -> VMNode {
        let folder = try TemporaryFolder()
        let disk = folder.path(of: "disk.qcow2")
        let made = try await Program("/usr/bin/qemu-img")
            .run("create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image + "/base.qcow2", disk)
        guard made.status == 0 else { throw TestSupportError("no disk for \(name): \(made.transcript)") }
        let port = try Loopback.freePort(on: "127.0.0.1")
        let lifeline = try run([
            VMImage.scripts + "/start-node.sh", disk, iommu.rawValue, "\(port)", folder.path(of: "node"),
        ])
        let node = VMNode(
            Endpoint(name: name, address: "127.0.0.1", port: port, identityFile: image + "/id_ed25519"),
            folder: folder, lifeline: lifeline)
        try await node.waitForLogin()
        return node
    }

    private init(_ endpoint: Endpoint, folder: TemporaryFolder, lifeline: FileHandle) {
        self.endpoint = endpoint
        self.folder = folder
        self.lifeline = Mutex(lifeline)
    }

    deinit { stop() }

    /// Pulls the plug.
    func stop() {
        lifeline.withLock {
            try? $0?.close()
            $0 = nil
        }
    }

    /// Runs a command on the node through OpenSSH, apart from the product.
    func shell(_ command: String, timeout: Duration = .seconds(120)) async throws -> Program.Result {
        try await Program("/usr/bin/ssh").run(
            [
                "-q", "-i", endpoint.identityFile, "-p", "\(endpoint.port)", "-o", "IdentitiesOnly=yes", "-o",
                "StrictHostKeyChecking=no",
                "-o", "UserKnownHostsFile=/dev/null", "-o", "ConnectTimeout=5", "root@127.0.0.1", command,
            ], timeout: timeout)
    }

    /// What the node said on its serial console.
    var console: String { (try? folder.text("node.serial")) ?? "" }

    /// Starts a program that is killed as soon as the returned handle is closed.
    private static func run(_ arguments: [String]) throws -> FileHandle {
        let pipe = Pipe()
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", #""$@" & child=$!; cat >/dev/null; kill -KILL "$child""#, "sh"] + arguments
        process.standardInput = pipe.fileHandleForReading
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        try pipe.fileHandleForReading.close()
        return pipe.fileHandleForWriting
    }

    private func waitForLogin() async throws {
        let deadline = ContinuousClock.now + .seconds(600)
        while ContinuousClock.now < deadline {
            if try await shell("true").status == 0 { return }
            try await Task.sleep(for: .milliseconds(500))
        }
        let errors = (try? folder.text("node.err")) ?? ""
        throw TestSupportError("\(endpoint.name) gave no login in ten minutes: \(errors)\n\(console.suffix(4000))")
    }
}
