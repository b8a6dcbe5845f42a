/// Recursive descent over a selector's characters.
struct SelectorParser {
    private let characters: [Character]
    private var position = 0
    private var depth = 0
    private static let maximumDepth = 64

    init(_ text: String) { characters = Array(text) }

    mutating func parse() throws(FleetError) -> Selector.Expression {
        let expression = try list()
        guard position == characters.count else {
            throw syntax("“\(characters[position])” does not fit here.", "Join parts with , (either) or & (both).")
        }
        return expression
    }

    /// member {"," member}
    private mutating func list() throws(FleetError) -> Selector.Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw syntax("Too many parentheses.", "Write it flatter.") }
        var either: [Selector.Expression] = []
        var within: [Selector.Expression] = []
        var except: [Selector.Expression] = []
        repeat {
            let mustHold = take("&")
            let member = try conjunction()
            switch member {
            case _ where mustHold: within.append(member)
            case .not(let excluded): except.append(excluded)
            default: either.append(member)
            }
        } while take(",")
        if within.isEmpty, except.isEmpty, either.count == 1 { return either[0] }
        return .list(either: either, within: within, except: except)
    }

    /// factor {"&" factor}
    private mutating func conjunction() throws(FleetError) -> Selector.Expression {
        var factors = [try factor()]
        while take("&") { factors.append(try factor()) }
        return factors.count == 1 ? factors[0] : .both(factors)
    }

    /// {"!"} ( "(" list ")" | atom )
    private mutating func factor() throws(FleetError) -> Selector.Expression {
        var isNegated = false
        while take("!") { isNegated.toggle() }
        let inner: Selector.Expression
        if take("(") {
            inner = try list()
            guard take(")") else { throw syntax("A ) is missing here.", "Close what was opened with (.") }
        } else {
            inner = .atom(try atom())
        }
        return isNegated ? .not(inner) : inner
    }

    private mutating func atom() throws(FleetError) -> Selector.Atom {
        skipBlanks()
        let start = position
        var inBrackets = false
        while position < characters.count {
            let character = characters[position]
            if !inBrackets, ",&()!".contains(character) || character.isWhitespace { break }
            if character == "[" { inBrackets = true }
            if character == "]" { inBrackets = false }
            position += 1
        }
        guard position > start else {
            throw syntax("Something to select is missing here.", "Valid: a name, a glob, a range, label:KEY=VALUE, …")
        }
        let text = String(characters[start..<position])
        skipBlanks()
        return Selector.Atom(kind: try kind(text, start), text: text, column: start + 1)
    }

    private func kind(_ text: String, _ start: Int) throws(FleetError) -> Selector.Atom.Kind {
        if text == "all" || text == "*" { return .all }
        guard let colon = text.firstIndex(of: ":") else { return .names(try names(text, start)) }
        let word = text[..<colon]
        let value = String(text[text.index(after: colon)...])
        let column = start + word.count + 2
        guard !value.isEmpty else { throw syntax("“\(text)” names nothing after the colon.", "Add a name.", column) }
        switch word {
        case "cluster": return .cluster(value)
        case "group": return .group(value)
        case "label":
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard !parts[0].isEmpty else {
                throw syntax("The label's name is missing.", "Write label:KEY=VALUE.", column)
            }
            return .label(key: parts[0], value: parts.count > 1 ? parts[1] : nil)
        default:
            let kinds = ["label", "cluster", "group"]
            let hint = nearest(to: word, in: kinds).map { "Did you mean “\($0):”? " } ?? ""
            throw Selector.syntaxError(
                "selector-unknown-kind", "“\(word):” selects nothing known.", column: start + 1,
                advice: "\(hint)Valid: label:KEY=VALUE, cluster:NAME, group:NAME, or a name without a colon.")
        }
    }

    private func names(_ text: String, _ start: Int) throws(FleetError) -> [String] {
        if let wrong = text.firstIndex(where: { !Self.isNameCharacter($0) }) {
            let offset = text.distance(from: text.startIndex, to: wrong)
            throw syntax(
                "“\(text[wrong])” is in no name.", "Names have letters, digits, “.”, “-” and “_”.", start + offset + 1)
        }
        do throws(FleetError) {
            return try NameSet.expand(text)
        } catch {
            let column = start + (error.location?.column ?? 1)
            throw syntax(error.message, error.advice ?? "", column)
        }
    }

    private static func isNameCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isDigit || "._-*?[],".contains(character))
    }

    private mutating func take(_ character: Character) -> Bool {
        skipBlanks()
        guard position < characters.count, characters[position] == character else { return false }
        position += 1
        skipBlanks()
        return true
    }

    private mutating func skipBlanks() {
        while position < characters.count, characters[position].isWhitespace { position += 1 }
    }

    private func syntax(_ message: String, _ advice: String, _ column: Int? = nil) -> FleetError {
        Selector.syntaxError("selector-syntax", message, column: column ?? position + 1, advice: advice)
    }
}
