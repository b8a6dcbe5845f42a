public import Fleet
import Synchronization

/// Reads answers and remembers what their parts were read as, so that what many nodes say alike is read once: nodes of one
/// model have the same functions, those of one installation the same modules, images and settings.
///
/// Only a part whose every byte is the same is taken for the same, so it makes no difference but for time.
public final class AnswerReader: Sendable {
    /// Those that nobody reads with just now: as many as there have been readers at the same time.
    private let free = Mutex<[ReadingMemory]>([])

    public init() {}

    public func facts(of answer: ProbeAnswer) -> NodeFacts {
        var memory = free.withLock { $0.popLast() } ?? ReadingMemory()
        defer { free.withLock { [memory] in $0.append(memory) } }
        return answer.facts(remembering: &memory)
    }
}

/// What parts of answers were read as.
struct ReadingMemory: Sendable {
    private var readings: [String: [Reading]] = [:]

    /// So many readings of each part are kept, the latest first: a fleet has few models.
    private static let kept = 8
    /// Names of parts hold kernels and paths, which change over the years and are up to the nodes.
    private static let mostParts = 256

    struct Reading: Sendable {
        let source: [Answer.Frame?]
        let version: Int?
        let isComplete: Bool
        let value: any Sendable
        let diagnoses: [Diagnosis]

        func isOf(_ frames: [Answer.Frame?], _ answer: Answer) -> Bool {
            isComplete == answer.isComplete && version == answer.version
                && zip(source, frames).allSatisfy { $0.saysTheSame(as: $1) }
        }
    }

    func reading(of part: String, _ frames: [Answer.Frame?], in answer: Answer) -> Reading? {
        readings[part]?.first { $0.isOf(frames, answer) }
    }

    mutating func keep(_ reading: Reading, of part: String) {
        if readings.count >= Self.mostParts, readings[part] == nil { readings = [:] }
        readings[part, default: []].insert(reading, at: 0)
        if let count = readings[part]?.count, count > Self.kept { readings[part]?.removeLast() }
    }
}

extension FactsReader {
    /// What `read` makes of the frames with these names, which are all it is shown: what it says can't depend on others.
    mutating func remembered<Value: Sendable>(
        _ part: String, of names: [String], _ read: (inout FactsReader) -> Value
    ) -> Value {
        let frames = names.map { answer.frames[$0] }
        if let known = memory.reading(of: part, frames, in: answer), let value = known.value as? Value {
            facts.diagnoses += known.diagnoses
            return value
        }
        var alone = FactsReader(answer: answer.with(only: frames))
        let value = read(&alone)
        facts.diagnoses += alone.facts.diagnoses
        memory.keep(
            .init(
                source: frames, version: answer.version, isComplete: answer.isComplete, value: value,
                diagnoses: alone.facts.diagnoses), of: part)
        return value
    }
}

extension Answer {
    fileprivate func with(only frames: [Frame?]) -> Answer {
        var part = self
        part.diagnoses = []
        part.frames = [:]
        for case let frame? in frames { part.frames[frame.name] = frame }
        return part
    }
}

extension Answer.Frame? {
    fileprivate func saysTheSame(as other: Answer.Frame?) -> Bool {
        switch (self, other) {
        case (nil, nil): true
        case (let one?, let other?):
            one.status == other.status && one.limit == other.limit && one.isContradicted == other.isContradicted
                && one.content.equals(other.content) && one.command.equals(other.command)
        default: false
        }
    }
}
