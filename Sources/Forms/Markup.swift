internal import Fleet

/// A piece of HTML, SVG or XML. What is interpolated is escaped, unless it is markup itself: nothing a node said can
/// become a tag.
package struct Markup: Sendable, ExpressibleByStringInterpolation {
    package let text: String

    package init(stringLiteral value: String) { text = value }
    package init(joining parts: [Markup]) { text = parts.map(\.text).joined() }
    package init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

        package mutating func appendLiteral(_ literal: String) { text += literal }
        package mutating func appendInterpolation(_ markup: Markup) { text += markup.text }
        package mutating func appendInterpolation(_ parts: [Markup]) { for part in parts { text += part.text } }
        package mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            text += Markup.escape(value.description)
        }
    }

    /// XML 1.0 has no way to write most control characters, so they are made visible first.
    package static func escape(_ text: String) -> String {
        text.printable.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.append(character)
            }
        }
    }
}
