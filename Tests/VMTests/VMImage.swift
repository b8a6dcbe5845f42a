import Foundation
import TestSupport
import Testing

/// The sealed disk image all VM nodes start from; built once and kept in the checkout's `.cache`.
enum VMImage {
    static let scripts = URL(filePath: #filePath).deletingLastPathComponent().path + "/Scripts"

    /// Why no VM node can run here; nil = it can.
    static let obstacle: String? = {
        if getuid() != 0 { return "VM nodes need root to build their image." }
        let tools = [
            "qemu-system-x86_64", "qemu-img", "mmdebstrap", "sfdisk", "mke2fs", "grub-mkimage", "ssh", "ssh-keygen",
        ]
        let missing = tools.filter { tool in
            !["/usr/bin/", "/usr/sbin/", "/sbin/"].contains { FileManager.default.isExecutableFile(atPath: $0 + tool) }
        }
        if !missing.isEmpty { return "VM nodes need \(missing.joined(separator: ", ")): run .ci/packages test." }
        if !isDebian { return "The image of VM nodes can only be built on Debian." }
        return nil
    }()

    private static var isDebian: Bool {
        let release = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
        return release.split(separator: "\n").contains("ID=debian")
    }

    /// The folder with `base.qcow2` and the client key. An image of other scripts is not used.
    static func folder() async throws -> String { try await building.value }

    private static let building = Task {
        let checkout = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
        let folder = "\(checkout)/.cache/vm-node-\(try fingerprint())"
        try markUsed(folder)
        let result = try await Program(scripts + "/build-image.sh")
            .run(folder, "\(try Loopback.freePort(on: "127.0.0.1"))", timeout: .seconds(900))
        guard result.status == 0 else {
            throw TestSupportError("the image of VM nodes could not be built: \(result.transcript)")
        }
        return folder
    }

    /// Keeps whoever builds another image from removing this one while this process lives.
    private static func markUsed(_ folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let lock = open(folder + "/used.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0, flock(lock, LOCK_SH) == 0 else {
            throw TestSupportError("\(folder)/used.lock can't be locked: \(String(cString: strerror(errno)))")
        }
    }

    private static func fingerprint() throws -> String {
        let bytes = try ["build-image.sh", "start-node.sh"].flatMap { name in
            [UInt8](try Data(contentsOf: URL(filePath: scripts + "/" + name)))
        }
        // FNV-1a: only to tell one version of the scripts from another.
        let hash = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
