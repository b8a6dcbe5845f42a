internal import Foundation

/// A file system of its own that is full when it is full: a tmpfs, unmounted at the end. Needs root.
public final class SmallDisk: Sendable {
    public let path: String

    public init(kilobytes: Int) throws {
        path = NSTemporaryDirectory() + "vfiofleet-disk-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try mount("-t", "tmpfs", "-o", "size=\(kilobytes)k", "tmpfs")
    }

    deinit {
        try? run("umount", "-l", path)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Leaves room for nothing.
    public func fill() throws { try run("sh", "-c", "head -c 1G /dev/zero >'\(path)/filler' 2>/dev/null; :") }
    public func makeRoom() throws { try FileManager.default.removeItem(atPath: path + "/filler") }

    /// Also while files on it are open, as long as nobody has opened them for writing.
    public func makeReadOnly() throws { try mount("-o", "remount,ro") }
    public func makeWritable() throws { try mount("-o", "remount,rw") }

    private func mount(_ options: String...) throws { try run("mount", options + [path]) }
    private func run(_ command: String, _ arguments: String...) throws { try run(command, arguments) }

    private func run(_ command: String, _ arguments: [String]) throws {
        let process = try Process.run(URL(filePath: "/usr/bin/env"), arguments: [command] + arguments)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw TestSupportError("\(command) \(arguments) failed") }
    }
}
