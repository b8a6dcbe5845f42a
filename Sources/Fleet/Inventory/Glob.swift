/// Whether `text` fits `pattern`, in which `*` stands for any letters and `?` for one.
package func globMatches(_ pattern: some StringProtocol, _ text: some StringProtocol) -> Bool {
    let pattern = Array(pattern.unicodeScalars)
    let text = Array(text.unicodeScalars)
    var p = 0
    var t = 0
    // Where to go on from when a letter does not fit: behind the last star, one letter further in the text.
    var retry: (p: Int, t: Int)?
    while t < text.count {
        if p < pattern.count, pattern[p] == "*" {
            retry = (p + 1, t)
            p += 1
        } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
            p += 1
            t += 1
        } else if let from = retry {
            retry = (from.p, from.t + 1)
            p = from.p
            t = from.t + 1
        } else {
            return false
        }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
}

func isGlob(_ text: some StringProtocol) -> Bool { text.contains { $0 == "*" || $0 == "?" } }
