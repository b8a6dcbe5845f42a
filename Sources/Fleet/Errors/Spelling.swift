/// The one of `candidates` that `word` most likely was meant to be; nil when none is near.
///
/// Near: at most a third of its letters apart, counting insertions, deletions, replacements and swapped neighbours.
package func nearest(to word: some StringProtocol, in candidates: some Sequence<String>) -> String? {
    let limit = max(1, min(3, word.count / 3))
    let scored = candidates.lazy.map { (distance: editDistance(word.lowercased(), $0.lowercased()), word: $0) }
    return scored.filter { $0.distance <= limit }.min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
}

/// The Damerau–Levenshtein distance (restricted: no piece is edited twice).
func editDistance(_ a: String, _ b: String) -> Int {
    let a = Array(a.unicodeScalars.prefix(64))
    let b = Array(b.unicodeScalars.prefix(64))
    var rows = [Array(0...b.count)]
    for i in 1..<(a.count + 1) {
        var row = [i]
        for j in 1..<(b.count + 1) {
            var best = min(rows[i - 1][j], row[j - 1]) + 1
            best = min(best, rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
            if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { best = min(best, rows[i - 2][j - 2] + 1) }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
