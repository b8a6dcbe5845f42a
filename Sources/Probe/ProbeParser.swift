public import Fleet

/// Turns a node's answer to the probe into facts.
///
/// Reads any bytes whatever: a fact that can't be read out of them is unknown with the reason, and what is wrong with
/// the answer as a whole is listed in `NodeFacts.diagnoses`. Older formats are read as well as they were written, so
/// that stored answers stay useful.
public enum ProbeParser {
    /// The format `ProbeScript` writes. Older ones are still read.
    public static let newestFormat = 1

    public static func parse(_ bytes: [UInt8]) -> NodeFacts { ProbeAnswer(bytes).facts() }

    /// The answer to the run of the probe that was given `nonce`, without what a login printed before it. Nil when
    /// there is none: an answer to another run, which somebody kept, is none.
    public static func answer(in output: [UInt8], to nonce: String) -> [UInt8]? {
        FrameReader.start(of: nonce, in: output[...]).map { $0 == 0 ? output : Array(output[$0...]) }
    }

    /// See `ProbeAnswer.stableContent()`.
    public static func stableContent(of bytes: [UInt8]) -> [UInt8] { ProbeAnswer(bytes).stableContent() }
}

/// One answer on its way to facts. Each part of the facts has its own extension.
struct FactsReader {
    let answer: Answer
    var memory: ReadingMemory
    var facts = NodeFacts()

    init(answer: Answer, memory: ReadingMemory = ReadingMemory()) {
        self.answer = answer
        self.memory = memory
    }

    mutating func readAll() {
        facts.formatVersion = answer.version
        facts.diagnoses = answer.diagnoses
        facts.evidence = AnswerEvidence(answer)
        readSystem()
        readIOMMU()
        readFunctions()
        readModules()
        readFiles()
        readOwnTraces()
        readDeviceScripts()
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
