/// Which nodes are meant, as a person writes it.
///
/// | written | means |
/// |---|---|
/// | `pve01`, `gpu-nodes` | the node, or the nodes of the group, of that name |
/// | `pve*`, `pve?1` | nodes (and groups) whose name fits |
/// | `pve[01-08,12]` | each of these names |
/// | `all` | every node |
/// | `label:site=fra*`, `label:site` | nodes with that label; the value may be a glob |
/// | `cluster:prod`, `group:gpu` | nodes of that cluster, of that group |
/// | `a,b` | either |
/// | `a&b` | both |
/// | `!a` | not; in a list it takes away: `gpu,!pve03` |
/// | `(a,b)&c` | grouping |
///
/// As in Ansible, a list's members that begin with `!` or `&` apply to all the others, wherever they stand.
public struct Selector: Hashable, Sendable, CustomStringConvertible {
    /// As it was written.
    public let description: String
    let expression: Expression

    indirect enum Expression: Hashable, Sendable {
        case atom(Atom)
        case not(Expression)
        case both([Expression])
        /// Any of `either`, within all of `within`, without `except`. Empty `either` = all nodes.
        case list(either: [Expression], within: [Expression], except: [Expression])
    }

    struct Atom: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            case all
            /// Names of nodes or groups, each of which may be a glob.
            case names([String])
            /// A nil value = any.
            case label(key: String, value: String?)
            case cluster(String)
            case group(String)
        }

        var kind: Kind
        var text: String
        /// From 1.
        var column: Int
    }

    public static let all = Selector(
        description: "all", expression: .atom(Atom(kind: .all, text: "all", column: 1)))

    private init(description: String, expression: Expression) {
        self.description = description
        self.expression = expression
    }

    /// - Throws: `selector-syntax` or `selector-unknown-kind`, with the column.
    public init(parsing text: String) throws(FleetError) {
        var parser = SelectorParser(text)
        self.init(description: text, expression: try parser.parse())
    }

    static func syntaxError(_ code: FleetError.Code, _ message: String, column: Int, advice: String) -> FleetError {
        FleetError(code, message, at: SourceLocation(file: "selector", line: 1, column: column), advice: advice)
    }
}
