public import Fleet

/// Turns a node's answer to the probe into facts.
///
/// Reads any bytes whatever: a fact that can't be read out of them is unknown with the reason, and what is wrong with
/// the answer as a whole is listed in `NodeFacts.diagnoses`. Older formats are read as well as they were written, so
/// that stored answers stay useful.
public enum ProbeParser {
    /// The format `ProbeScript` writes. Older ones are still read.
    public static let newestFormat = 1

    public static func parse(_ bytes: [UInt8]) -> NodeFacts {
        var reader = FactsReader(answer: Answer(bytes))
        reader.readAll()
        return reader.facts
    }

    /// The part of an answer that is equal from one look to the next while nothing changes on the node: without the
    /// nonce, the time the node is up, its free memory and what a PCI link does at idle. Its digest tells whether facts
    /// changed. Two answers that are not whole are never equal to a whole one.
    public static func stableContent(of bytes: [UInt8]) -> [UInt8] {
        let answer = Answer(bytes)
        guard answer.version != nil else { return bytes }
        var stable: [UInt8] = []
        stable.reserveCapacity(bytes.count)
        for name in answer.frames.keys.sorted() where !name.hasPrefix("~") {
            guard let frame = answer.frames[name] else { continue }
            stable += name.utf8
            stable.append(UInt8(ascii: " "))
            stable += frame.status.text.utf8
            stable.append(UInt8(ascii: "\n"))
            stable += frame.content
            stable.append(UInt8(ascii: "\n"))
        }
        return stable + Array((answer.isComplete ? "complete" : "cut").utf8)
    }
}

/// One answer on its way to facts. Each part of the facts has its own extension.
struct FactsReader {
    var answer: Answer
    var facts = NodeFacts()

    mutating func readAll() {
        facts.formatVersion = answer.version
        facts.diagnoses = answer.diagnoses
        for (name, frame) in answer.frames { facts.evidence[name] = frame.evidence }
        readSystem()
        readIOMMU()
        readFunctions()
        readModules()
        readFiles()
        readBoot()
        readInitramfs()
        readProxmox()
        readTools()
        readDevices()
        readHostUses()
    }

    mutating func diagnose(_ reason: Unknown.Reason, _ detail: String, in part: String) {
        facts.diagnoses.append(Diagnosis(part: part, problem: Unknown(reason, detail)))
    }

    /// What `read` makes of a frame's content; nil from it means that the content makes no sense.
    func fact<Value>(_ name: String, _ read: (Bytes) -> Value?) -> Observed<Value> {
        switch answer.told(name) {
        case .unknown(let why): return .unknown(why)
        case .known(let frame):
            guard let value = read(frame.content) else { return .unknown(.nonsense(frame)) }
            return .known(value)
        }
    }
}

extension Unknown {
    static func nonsense(_ frame: Answer.Frame) -> Unknown {
        Unknown(.malformed, "`\(frame.command.text)` gave “\(frame.content.prefix(200).trimmed.text)”.")
    }
}
