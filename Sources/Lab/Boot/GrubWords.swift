/// The words of a GRUB command, without the quotes that hold them together (GRUB manual, “Writing full configuration
/// files directly”).
struct GrubWords {
    private(set) var words: [String] = []
    private var word: String?
    private var quote: Character?
    private var isEscaped = false

    init(_ line: Substring) {
        for character in line { read(character) }
        endWord()
    }

    private mutating func read(_ character: Character) {
        switch character {
        case _ where isEscaped:
            // Between double quotes a backslash is itself unless it protects something.
            if quote != nil, !"\"\\$".contains(character) { add("\\") }
            add(character)
            isEscaped = false
        case "\\" where quote != "'": isEscaped = true
        case _ where character == quote: quote = nil
        case _ where quote != nil: add(character)
        case "'", "\"":
            quote = character
            word = word ?? ""
        case " ", "\t": endWord()
        default: add(character)
        }
    }

    private mutating func add(_ character: Character) { word = (word ?? "") + String(character) }

    private mutating func endWord() {
        if let word { words.append(word) }
        word = nil
    }

    /// What follows the command and its file, as the kernel gets it: a word with a blank is quoted as a whole, and
    /// quotes and backslashes in it are escaped (`grub-core/lib/cmdline.c`).
    var commandLine: String {
        words.dropFirst(2).map { word in
            let escaped = word.map { "\\'\"".contains($0) ? "\\\($0)" : String($0) }.joined()
            return word.contains(" ") ? "\"\(escaped)\"" : escaped
        }.joined(separator: " ")
    }
}
