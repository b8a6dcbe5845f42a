public import Fleet

/// A node's answer to the probe, taken apart into frames once for everything that is read from it.
public struct ProbeAnswer: Sendable {
    /// The node's own words, byte for byte.
    public let raw: [UInt8]
    private let frames: Answer

    /// Takes any bytes whatever; what is wrong with them becomes part of the facts.
    public init(_ raw: [UInt8]) {
        self.raw = raw
        frames = Answer(raw)
    }

    /// What the answer says. Read anew at each call; `AnswerReader` reads many with less work.
    public func facts() -> NodeFacts {
        var memory = ReadingMemory()
        return facts(remembering: &memory)
    }

    func facts(remembering memory: inout ReadingMemory) -> NodeFacts {
        var reader = FactsReader(answer: frames, memory: memory)
        memory = ReadingMemory()
        reader.readAll()
        memory = reader.memory
        return reader.facts
    }

    /// The part of an answer that is equal from one look to the next while nothing changes on the node: without the
    /// nonce, the time the node is up, its free memory and what a PCI link does at idle. Its digest tells whether facts
    /// changed. Two answers that are not whole are never equal to a whole one.
    public func stableContent() -> [UInt8] {
        guard frames.version != nil else { return raw }
        var stable: [UInt8] = []
        stable.reserveCapacity(raw.count)
        for name in frames.frames.keys.sorted() where !name.hasPrefix("~") {
            guard let frame = frames.frames[name] else { continue }
            stable += name.utf8
            stable.append(UInt8(ascii: " "))
            stable += frame.status.text.utf8
            stable.append(UInt8(ascii: "\n"))
            stable += frame.content
            stable.append(UInt8(ascii: "\n"))
        }
        stable += (frames.isComplete ? "complete" : "cut").utf8
        return stable
    }
}
