/// A node's files as facts show them, and the changes planned on them.
struct NodeFiles {
    private let facts: [String: Observed<FileContent>]
    private(set) var changes: [FileChange] = []
    private(set) var reasons: [Reason] = []

    init(_ facts: NodeFacts) { self.facts = facts.files }

    /// What is in a file; unknown when it was not looked at.
    func observed(_ path: String) -> Observed<FileContent> {
        facts[path] ?? .unknown(Unknown(.notCollected, "\(path) was not looked at."))
    }

    /// The existing files of a directory whose name has this suffix, in the byte order of their names.
    func existing(in directory: String, suffix: String) -> [(path: String, bytes: [UInt8])] {
        facts.compactMap { path, content in
            guard path.hasPrefix(directory), path.hasSuffix(suffix), let bytes = content.value?.bytes else {
                return nil
            }
            return (path, bytes)
        }
        .sorted { Array($0.path.utf8).lexicographicallyPrecedes(Array($1.path.utf8)) }
    }

    /// Plans new bytes for a file; nil = it shall not exist. Nothing happens where it is so already.
    mutating func set(_ path: String, to bytes: [UInt8]?) {
        switch observed(path) {
        case .unknown(let why):
            reasons.append(.incomplete("What is in \(path)", why))
        case .known(let content) where content.bytes == bytes:
            break
        case .known(let content):
            if let target = content.linkTarget {
                let message = "\(path) is a link to \(target); the tool replaces files, and would cut the link."
                reasons.append(.blocker(.fileIsLink, message))
            }
            changes.append(FileChange(path: path, before: content.bytes, after: bytes))
        }
    }
}
