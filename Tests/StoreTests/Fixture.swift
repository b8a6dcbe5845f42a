public import Fleet
import Foundation
import Store

/// A database of its own in a directory of its own, removed at the end.
final class Fixture: Sendable {
    let directory: URL
    let store: Store

    init() throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "vfiofleet-\(UUID().uuidString)")
        store = try Store.open(path: directory.appending(path: "fleet.db").path)
    }

    deinit {
        try? store.close()
        try? FileManager.default.removeItem(at: directory)
    }

    var path: String { store.path }
}

func at(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: seconds * 1000) }

func node(_ name: NodeName, _ address: String = "192.0.2.1", labels: [String: String] = [:]) -> Node {
    Node(name: name, connection: ConnectionSettings(address: address), labels: labels)
}

extension NodeName: ExpressibleByStringLiteral {
    public init(stringLiteral value: String) {
        guard let name = NodeName(value) else { preconditionFailure("not a node name: \(value)") }
        self = name
    }
}

/// The sqlite3 program: another process, another implementation of reading the file.
@discardableResult
func sqlite(_ path: String, _ sql: String) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/sqlite3")
    process.arguments = ["-bail", path, sql]
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
}
