import Fleet
import Yams

/// Reads YAML text into a `Tree`.
struct YAMLTree {
    /// Larger documents are refused; a fleet of 10,000 nodes needs about 1 MiB.
    static let maximumBytes = 16 << 20
    /// Aliases can make a short text stand for an endless one, so the parts are counted as they unfold.
    static let maximumParts = 2_000_000

    private let diagnostics: Diagnostics
    private var parts = 0

    /// Nil when the text is no YAML (reported), or holds nothing at all.
    static func read(_ text: String, _ diagnostics: Diagnostics) -> Tree? {
        guard text.utf8.count <= maximumBytes else {
            diagnostics.report("too-large", "The document has more than \(maximumBytes >> 20) MiB.", at: nil)
            return nil
        }
        do {
            // Without resolver rules every scalar stays text, which also spares seven regular expressions for each.
            guard let root = try compose(yaml: text, .basic) else { return nil }
            var reader = YAMLTree(diagnostics: diagnostics)
            let tree = try reader.tree(root)
            return tree.isNull ? nil : tree
        } catch let error as YamlError {
            diagnostics.report(error)
            return nil
        } catch {
            diagnostics.report("too-large", "The document's aliases unfold to an absurd size.", at: nil)
            return nil
        }
    }

    private init(diagnostics: Diagnostics) { self.diagnostics = diagnostics }

    private struct TooManyParts: Error {}

    private mutating func tree(_ node: Yams.Node) throws -> Tree {
        parts += 1
        guard parts <= Self.maximumParts else { throw TooManyParts() }
        let location = diagnostics.location(node.mark)
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            return Tree(content: .scalar(.init(text: scalar.string, isPlain: isPlain)), location: location)
        case .sequence(let sequence):
            return Tree(content: .sequence(try sequence.map { try tree($0) }), location: location)
        case .mapping(let mapping):
            return Tree(content: .mapping(try entries(mapping)), location: location)
        case .alias:  // only made for encoding
            return Tree(content: .scalar(.init(text: "", isPlain: true)), location: location)
        }
    }

    /// The entries, with those merged in by `<<` behind them unless the mapping has the key itself.
    private mutating func entries(_ mapping: Yams.Node.Mapping) throws -> [Tree.Entry] {
        var own: [Tree.Entry] = []
        var merged: [Tree.Entry] = []
        for (key, value) in mapping {
            guard case .scalar(let name) = key else {
                diagnostics.report(
                    "wrong-type", "A key of a mapping is itself a list or mapping.", at: diagnostics.location(key.mark),
                    advice: "Keys are plain words; text with [ ] or { } needs quotes.")
                continue
            }
            let tree = try tree(value)
            if name.string == "<<", name.style == .plain {
                merged += (tree.sequence ?? [tree]).flatMap { $0.mapping ?? [] }
            } else {
                let location = diagnostics.location(key.mark)
                own.append(.init(key: name.string, keyLocation: location, value: tree))
            }
        }
        var seen = Set(own.map(\.key))
        return own + merged.filter { seen.insert($0.key).inserted }
    }
}

extension Diagnostics {
    func location(_ mark: Mark?) -> SourceLocation {
        SourceLocation(file: file, line: mark?.line, column: mark?.column)
    }

    fileprivate func report(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            report(
                "syntax", "This is not YAML: \(problem).", at: location(mark),
                advice: "Look at the indentation, at quotes and brackets that are not closed, and for tabs.")
        case .duplicatedKeysInMapping(let keys, let context):
            report(
                "duplicate-key", "\(quoted(keys.first ?? "")) is in the same mapping twice.",
                at: location(context.mark), advice: "Keep one of them.")
        case .reader(let problem, _, _, _):
            report("syntax", "This is not YAML: \(problem).", at: nil, advice: "The file must be UTF-8 text.")
        default:
            report("syntax", "This is not YAML.", at: nil)
        }
    }
}
