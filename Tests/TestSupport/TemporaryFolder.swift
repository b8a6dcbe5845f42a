internal import Foundation

/// A folder of its own for one test, gone with its last reference.
public final class TemporaryFolder: Sendable {
    public let path: String

    /// `place`: the folder that it is made in; nil = where temporary files usually are.
    public init(in place: String? = nil) throws {
        let template = (place ?? NSTemporaryDirectory()) + "/vfiofleet-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: template, withIntermediateDirectories: true)
        path = template
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    public func text(_ name: String) throws -> String {
        let data = try Data(contentsOf: URL(filePath: path + "/" + name))
        return String(decoding: data, as: UTF8.self)
    }

    /// Writes a file and returns its path.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            at: URL(filePath: file).deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}
