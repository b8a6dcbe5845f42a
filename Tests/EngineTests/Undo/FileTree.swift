import Foundation

/// A folder with all that is in it, down to modes and owners.
struct FileTree: Equatable {
    struct Entry: Equatable {
        var kind: FileAttributeType
        var mode: Int
        var owner: [Int]
        /// A file's bytes, or where a link points.
        var content: [UInt8]
    }

    private(set) var entries: [String: Entry] = [:]

    init(_ folder: URL) throws {
        let files = FileManager.default
        for path in [""] + (files.enumerator(atPath: folder.path)?.allObjects as? [String] ?? []) {
            let place = folder.path + "/" + path
            let attributes = try files.attributesOfItem(atPath: place)
            let kind = attributes[.type] as? FileAttributeType ?? .typeUnknown
            let owner = [FileAttributeKey.ownerAccountID, .groupOwnerAccountID].map {
                (attributes[$0] as? NSNumber)?.intValue ?? -1
            }
            let content: [UInt8] =
                switch kind {
                case .typeRegular: [UInt8](try Data(contentsOf: URL(filePath: place)))
                case .typeSymbolicLink: Array(try files.destinationOfSymbolicLink(atPath: place).utf8)
                default: []
                }
            let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? -1
            entries[path] = Entry(kind: kind, mode: mode, owner: owner, content: content)
        }
    }

    /// As it is after somebody put a line at a file's end.
    func appending(_ line: String, to path: String) -> FileTree {
        var tree = self
        let isEnded = tree.entries[path]?.content.last.map { $0 == UInt8(ascii: "\n") } ?? true
        tree.entries[path]?.content += Array(((isEnded ? "" : "\n") + line + "\n").utf8)
        return tree
    }

    /// What differs, in words.
    func differences(from other: FileTree) -> [String] {
        Set(entries.keys).union(other.entries.keys).sorted().filter { entries[$0] != other.entries[$0] }.map { path in
            "\(path): \(Self.words(other.entries[path])) became \(Self.words(entries[path]))"
        }
    }

    private static func words(_ entry: Entry?) -> String {
        guard let entry else { return "nothing" }
        let text = String(decoding: entry.content, as: UTF8.self).debugDescription
        return "\(String(entry.mode, radix: 8)) \(entry.owner) \(text)"
    }
}
