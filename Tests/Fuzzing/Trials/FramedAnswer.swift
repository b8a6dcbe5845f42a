/// An answer that is framed just as the script frames it, taken apart without the parser under trial.
struct FramedAnswer {
    struct Frame: Equatable {
        /// `NAME <tab> LIMIT <tab> COMMAND`
        var opening: [UInt8]
        var content: [UInt8]
        var status: [UInt8]

        var name: [UInt8] { Array(opening.prefix { $0 != UInt8(ascii: "\t") }) }
    }

    var frames: [Frame] = []

    /// Nil for anything else than a head line, frames of different names one after the other, and a true end line.
    init?(_ bytes: [UInt8]) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        let head = lines.popFirst()?.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false) ?? []
        guard head.count == 3, head[0].elementsEqual("VFIOFLEET-PROBE".utf8), head[1].elementsEqual("1".utf8),
            (1...64).contains(head[2].count), !head[2].contains(UInt8(ascii: "\t"))
        else { return nil }
        let mark = [UInt8(ascii: "@")] + head[2] + [UInt8(ascii: " ")]
        while let line = lines.popFirst(), line.starts(with: mark) {
            let words = line.dropFirst(mark.count)
            if words.starts(with: ". ".utf8) {
                guard words.dropFirst(2).elementsEqual("\(frames.count)".utf8), lines.count <= 1,
                    lines.allSatisfy(\.isEmpty), Set(frames.map(\.name)).count == frames.count
                else { return nil }
                return
            }
            guard words.starts(with: "< ".utf8), let frame = Self.frame(words.dropFirst(2), mark, &lines) else {
                return nil
            }
            frames.append(frame)
        }
        return nil
    }

    private static func frame(
        _ opening: ArraySlice<UInt8>, _ mark: [UInt8], _ lines: inout ArraySlice<ArraySlice<UInt8>>
    ) -> Frame? {
        let label = opening.split(separator: UInt8(ascii: "\t"), maxSplits: 2, omittingEmptySubsequences: false)
        guard label.count == 3, !label[0].isEmpty, isNumber(label[1]) else { return nil }
        let content = lines.prefix { !$0.starts(with: mark) }
        lines = lines.dropFirst(content.count)
        guard let closing = lines.popFirst()?.dropFirst(mark.count), closing.starts(with: "> ".utf8),
            isStatus(closing.dropFirst(2))
        else { return nil }
        return Frame(
            opening: Array(opening), content: Array(content.joined(separator: [UInt8(ascii: "\n")])),
            status: Array(closing.dropFirst(2)))
    }

    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        (1...9).contains(text.count) && text.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func isStatus(_ text: ArraySlice<UInt8>) -> Bool {
        isNumber(text) || ["absent", "unreadable"].contains { text.elementsEqual($0.utf8) }
            || ["missing ", "skipped "].contains { text.starts(with: $0.utf8) }
    }

    /// The same answer, with a nonce of its own.
    func bytes(nonce: String) -> [UInt8] {
        var bytes = Array("VFIOFLEET-PROBE 1 \(nonce)\n".utf8)
        for frame in frames {
            bytes += Array("@\(nonce) < ".utf8) + frame.opening + [UInt8(ascii: "\n")] + frame.content
            bytes += Array("\n@\(nonce) > ".utf8) + frame.status + [UInt8(ascii: "\n")]
        }
        return bytes + Array("@\(nonce) . \(frames.count)\n".utf8)
    }

    /// A nonce that no frame's content mentions.
    var freshNonce: String {
        let used = frames.contains { $0.content.contains(UInt8(ascii: "@")) }
        guard used else { return "other" }
        return (0...).lazy.map { "other\($0)" }.first { nonce in
            let mark = Array("@\(nonce) ".utf8)
            return !frames.contains { frame in
                frame.content.indices.contains { frame.content[$0...].starts(with: mark) }
            }
        } ?? "other"
    }
}
