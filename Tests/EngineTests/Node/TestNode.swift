import Engine
import Fleet
import Foundation
import Remote

/// The shells a node may have: dash with coreutils, or busybox for everything it has.
enum NodeShell: String, CaseIterable {
    case dash
    case busybox
}

/// A node with an `/etc` and `/var/lib` of its own: a mount namespace of this machine, in which real shells and tools
/// change real files. It ends with this object.
final class TestNode: Sendable {
    let root: URL
    let shell: NodeShell
    private let holder: Holder

    var etc: URL { root.appending(path: "etc") }
    var state: URL { root.appending(path: "lib/vfiofleet") }
    var bin: URL { root.appending(path: "bin") }
    var bootIDFile: URL { root.appending(path: "boot_id") }

    /// `mounts` is run in the namespace when `$root/etc` and `$root/lib` stand ready and are not mounted yet.
    /// `folder`: where its files are; nil = the usual place for temporary ones.
    init(_ shell: NodeShell = .dash, in folder: URL? = nil, mounts: String = "") async throws {
        self.shell = shell
        root = (folder ?? FileManager.default.temporaryDirectory)
            .appending(path: "vfiofleet-node-\(UUID().uuidString)")
        for folder in ["etc/default", "etc/modprobe.d", "lib", "bin"] {
            try FileManager.default.createDirectory(
                at: root.appending(path: folder), withIntermediateDirectories: true)
        }
        try Data("11111111-2222-3333-4444-555555555555\n".utf8).write(to: root.appending(path: "boot_id"))
        if shell == .busybox { try Self.run("busybox --install -s '\(root.path)/bin'") }
        holder = try await Holder(root: root, mounts: mounts)
    }

    deinit {
        holder.end()
        try? FileManager.default.removeItem(at: root)
    }

    /// Operations as another controller would have them too; each call is a process of its own.
    func operations(by controller: String = "alice@controller", killedAfter: Duration? = nil) -> RemoteNode {
        RemoteNode(shell: LocalShell(node: self, killedAfter: killedAfter), controller: controller)
    }

    /// Puts an executable into the node's PATH, before all others.
    func install(_ tool: String, _ script: String) throws {
        let file = bin.appending(path: tool)
        try? FileManager.default.removeItem(at: file)
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
    }

    func put(_ path: String, _ text: String) throws {
        let file = root.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    func bytes(_ path: String) -> [UInt8]? { try? [UInt8](Data(contentsOf: root.appending(path: path))) }
    func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }
    /// Everything below a folder, as paths from it.
    func list(_ path: String) -> [String] {
        (FileManager.default.enumerator(atPath: root.appending(path: path).path)?.allObjects as? [String] ?? [])
            .sorted()
    }

    /// The words that run a command on this node.
    func entering(_ words: [String]) -> [String] {
        let path = "\(bin.path):/usr/sbin:/usr/bin:/sbin:/bin"
        return ["nsenter", "-m", "-t", String(holder.pid), "env", "PATH=\(path)"] + words
    }

    @discardableResult
    static func run(_ text: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", text]
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }
}

/// Keeps the namespace alive: a process that waits for the end of its standard input.
private final class Holder: Sendable {
    let pid: Int32
    private let input: FileHandle

    init(root: URL, mounts: String) async throws {
        let process = Process()
        let input = Pipe()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/unshare")
        let setUp = """
            set -e; cd "$1"
            \(mounts)
            mount --bind etc /etc; mount --bind lib /var/lib; mount --bind boot_id /proc/sys/kernel/random/boot_id
            echo ready; read -r end || :
            """
        process.arguments = ["-m", "--propagation", "private", "sh", "-c", setUp, "sh", root.path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.availableData
        guard said == Data("ready\n".utf8) else { throw CocoaError(.executableLoad) }
        pid = process.processIdentifier
        self.input = input.fileHandleForWriting
    }

    func end() { try? input.close() }
}
