/// Changes an answer as a broken or hostile node might: in its parts, not across their marks.
public struct AnswerMutation {
    private var random: Numbers

    public init(seed: UInt64) { random = Numbers(state: seed) }

    /// Nil when the answer has no whole frames, or should be changed as plain bytes for once.
    /// - Parameter plainly: how bytes without structure are changed.
    public mutating func mutate(_ answer: [UInt8], with plainly: ([UInt8]) -> [UInt8]) -> [UInt8]? {
        guard Int.random(in: 0..<10, using: &random) > 0, var framed = FramedAnswer(answer), !framed.frames.isEmpty
        else { return nil }
        let place = Int.random(in: framed.frames.indices, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0: framed.frames.remove(at: place)
        case 1: framed.frames.swapAt(place, .random(in: framed.frames.indices, using: &random))
        case 2: framed.frames[place].status = status()
        case 3:
            let other = Int.random(in: framed.frames.indices, using: &random)
            framed.frames[place].content = framed.frames[other].content
        case 4...7: framed.frames[place].content = lines(framed.frames[place].content, plainly)
        default: framed.frames[place].content = plainly(framed.frames[place].content)
        }
        return framed.bytes(nonce: "fuzz")
    }

    private mutating func status() -> [UInt8] {
        let words = ["0", "1", "2", "124", "absent", "unreadable", "missing x", "skipped x"]
        return Array((words.randomElement(using: &random) ?? "0").utf8)
    }

    /// One line taken out, doubled, moved or changed in a single cell.
    private mutating func lines(_ content: [UInt8], _ plainly: ([UInt8]) -> [UInt8]) -> [UInt8] {
        var lines = content.split(separator: Self.newline, omittingEmptySubsequences: false).map(Array.init)
        guard let place = lines.indices.randomElement(using: &random) else { return plainly(content) }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: lines.remove(at: place)
        case 1: lines.insert(lines[place], at: .random(in: lines.indices, using: &random))
        case 2: lines.swapAt(place, .random(in: lines.indices, using: &random))
        case 3:
            for _ in 0..<Int.random(in: 1...200, using: &random) { lines.insert(lines[place], at: place) }
        default: lines[place] = cell(lines[place], plainly)
        }
        return Array(lines.joined(separator: [Self.newline]))
    }

    private mutating func cell(_ line: [UInt8], _ plainly: ([UInt8]) -> [UInt8]) -> [UInt8] {
        let separator = line.contains(Self.tab) ? Self.tab : UInt8(ascii: " ")
        var cells = line.split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
        guard let place = cells.indices.randomElement(using: &random) else { return plainly(line) }
        switch Int.random(in: 0..<6, using: &random) {
        case 0: cells[place] = Array("-".utf8)
        case 1: cells[place] = Array("?".utf8)
        case 2: cells[place] = []
        case 3:
            cells[place] = Array(
                ["0", "-1", "18446744073709551615", "999999999999999999", "\u{1b}[2J"].randomElement(using: &random)?
                    .utf8 ?? "".utf8)
        case 4: cells[place] = cells[.random(in: cells.indices, using: &random)]
        default: cells[place] = plainly(cells[place])
        }
        return Array(cells.joined(separator: [separator]))
    }

    private static let newline = UInt8(ascii: "\n")
    private static let tab = UInt8(ascii: "\t")

    /// SplitMix64
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            return z ^ (z >> 31)
        }
    }
}
