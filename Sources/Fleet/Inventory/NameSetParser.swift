/// Reads `pve[01-08,10].example,web1` into names.
struct NameSetParser {
    private let characters: [Character]
    private var position = 0
    private var total = 0

    init(_ text: some StringProtocol) { characters = Array(text) }

    mutating func parse() throws(FleetError) -> [String] {
        var names: [String] = []
        while true {
            names += try word()
            guard position < characters.count else { return names }
            position += 1  // the comma
        }
    }

    /// One word up to a comma or the end, with all its brackets multiplied out.
    private mutating func word() throws(FleetError) -> [String] {
        var names = [""]
        let start = position
        while position < characters.count, characters[position] != "," {
            if characters[position] == "[" {
                let choices = try brackets()
                try count(names.count, times: choices.count)
                names = names.flatMap { name in choices.map { name + $0 } }
            } else {
                guard characters[position] != "]" else { throw error("There is a ] without its [.", position) }
                let literal = characters[position]
                names = names.map { $0 + String(literal) }
                position += 1
            }
        }
        guard position > start else { throw error("A name is missing.", start) }
        total += names.count
        try count(total, times: 1)
        return names
    }

    /// The choices of one pair of brackets.
    private mutating func brackets() throws(FleetError) -> [String] {
        let open = position
        guard let close = characters[open...].firstIndex(of: "]") else {
            throw error("The [ is not closed.", open)
        }
        var choices: [String] = []
        var start = open + 1
        for item in characters[start..<close].split(separator: ",", omittingEmptySubsequences: false) {
            choices += try range(String(item), at: start)
            start += item.count + 1
            try count(choices.count, times: 1)
        }
        position = close + 1
        return choices
    }

    private func range(_ item: String, at column: Int) throws(FleetError) -> [String] {
        let bounds = item.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        if bounds.count == 1, !item.isEmpty, item.allSatisfy({ $0.isDigit || $0.isLetter || $0 == "_" || $0 == "." }) {
            return [item]
        }
        guard bounds.count == 2 else { throw error("“\(item)” is no number and no range.", column) }
        if let letters = Self.letters(bounds[0], bounds[1]) { return letters }
        guard let low = Self.number(bounds[0]), let high = Self.number(bounds[1]) else {
            throw error("“\(item)” is no range of numbers or letters.", column)
        }
        guard low <= high else { throw error("The range “\(item)” goes backwards.", column) }
        let width = bounds[0].isZeroPadded ? bounds[0].utf8.count : 1
        guard bounds[1].utf8.count >= width else { throw error("The bounds of “\(item)” differ in width.", column) }
        try count(high - low + 1, times: 1)
        return (low...high).map { Self.padded($0, width) }
    }

    private static func letters(_ low: String, _ high: String) -> [String]? {
        guard low.utf8.count == 1, high.utf8.count == 1, let a = low.utf8.first, let b = high.utf8.first,
            a <= b, [low, high].allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isLetter } }),
            low.allSatisfy(\.isLowercase) == high.allSatisfy(\.isLowercase)
        else { return nil }
        return (a...b).map { String(UnicodeScalar($0)) }
    }

    private static func number(_ text: String) -> Int? {
        text.utf8.count <= 18 && !text.isEmpty && text.allSatisfy(\.isDigit) ? Int(text) : nil
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    private func count(_ a: Int, times b: Int) throws(FleetError) {
        guard a <= NameSet.maximumNames, b <= NameSet.maximumNames, a * b <= NameSet.maximumNames else {
            throw error("This stands for more than \(NameSet.maximumNames) names.", position)
        }
    }

    private func error(_ message: String, _ position: Int) -> FleetError {
        FleetError(
            "name-set-syntax", message, at: SourceLocation(file: "names", line: 1, column: position + 1),
            advice: "Write ranges as in pve[01-08,12].")
    }
}
