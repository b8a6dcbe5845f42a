@testable import Documents

/// A small change somewhere in a document.
enum Mutation: CaseIterable {
    case misspeltKey
    case missingKey
    case emptied
    case listInstead
    case mappingInstead
    case wordInstead
    case numberInstead
    case longNumberInstead

    /// Every document that differs from `tree` by this change in one place.
    func applied(to tree: Tree) -> [Tree] {
        var results = replacement(of: tree).map { [$0] } ?? []
        switch tree.content {
        case .scalar: break
        case .sequence(let items):
            for (index, item) in items.enumerated() {
                results += applied(to: item).map { changed in
                    var items = items
                    items[index] = changed
                    return Tree(content: .sequence(items), location: tree.location)
                }
            }
        case .mapping(let entries):
            for (index, entry) in entries.enumerated() {
                results += variants(of: entry).map { variant in
                    var entries = entries
                    entries.replaceSubrange(index...index, with: variant)
                    return Tree(content: .mapping(entries), location: tree.location)
                }
            }
        }
        return results
    }

    private func variants(of entry: Tree.Entry) -> [[Tree.Entry]] {
        let deeper = applied(to: entry.value).map {
            [Tree.Entry(key: entry.key, keyLocation: entry.keyLocation, value: $0)]
        }
        return switch self {
        case .misspeltKey:
            deeper + [[.init(key: entry.key + "#", keyLocation: entry.keyLocation, value: entry.value)]]
        case .missingKey: deeper + [[]]
        default: deeper
        }
    }

    private func replacement(of tree: Tree) -> Tree? {
        switch self {
        case .misspeltKey, .missingKey: nil
        case .emptied: scalar("", tree)
        case .listInstead: Tree(content: .sequence([]), location: tree.location)
        case .mappingInstead: Tree(content: .mapping([]), location: tree.location)
        case .wordInstead: scalar("word", tree)
        case .numberInstead: scalar("7", tree)
        case .longNumberInstead: scalar("1234567890123", tree)
        }
    }

    private func scalar(_ text: String, _ tree: Tree) -> Tree {
        Tree(content: .scalar(.init(text: text, isPlain: true)), location: tree.location)
    }
}
