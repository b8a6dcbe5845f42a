import Fleet

/// A node's answer, taken apart into frames. Never fails: what is wrong with it is said in `diagnoses`.
struct Answer {
    /// Nil when no head line was found.
    var version: Int?
    var frames: [String: Frame] = [:]
    var diagnoses: [Diagnosis] = []
    /// The end line was there, so a frame that is missing was not sent.
    var isComplete = false

    struct Frame {
        var name: String
        var limit: Int
        var command: Bytes
        var content: Bytes
        var status: Status
        /// Came twice with different contents: neither can be believed.
        var isContradicted = false

        var isCut: Bool { content.count >= mostBytes }
        /// What the node says it cut at, within reason.
        var mostBytes: Int { limit > 0 ? min(limit, Answer.maximumFrameBytes) : Answer.maximumFrameBytes }
    }

    enum Status: Hashable {
        case exited(Int)
        case absent
        case unreadable
        case missing(tool: String)
        case skipped(String)

        /// As the node wrote it.
        var text: String {
            switch self {
            case .exited(let code): String(code)
            case .absent: "absent"
            case .unreadable: "unreadable"
            case .missing(let tool): "missing " + tool
            case .skipped(let why): "skipped " + why
            }
        }
    }

    /// A whole answer is refused beyond this size; the script stops at half of it.
    static let maximumBytes = 32 << 20
    /// The script's own largest limit.
    static let maximumFrameBytes = 2 << 20
    private static let maximumFrames = 20_000

    init(_ bytes: [UInt8]) {
        var reader = FrameReader(bytes[..<min(bytes.count, Self.maximumBytes)])
        guard let version = reader.head() else {
            diagnose(.malformed, "The answer has no head line of this probe.")
            return
        }
        self.version = version
        guard (1...ProbeParser.newestFormat).contains(version) else {
            diagnose(.malformed, "The answer has format \(version), which this version does not know.")
            return
        }
        frames.reserveCapacity(128)
        var seen = 0
        while let item = reader.next() {
            switch item {
            case .frame(let frame):
                seen += 1
                add(frame)
            case .cut(let name):
                diagnose(.truncated, "The answer ends inside this part.", in: name)
            case .broken(let name):
                diagnose(.malformed, "This part's first or last line does not make sense.", in: name)
            case .end(let count):
                isComplete = true
                check(seen, against: count)
            }
            if seen >= Self.maximumFrames { break }
        }
        if !isComplete { diagnose(.truncated, "The answer was cut off: it has no end line.") }
    }

    private mutating func add(_ frame: Frame) {
        guard let earlier = frames.updateValue(frame, forKey: frame.name) else { return }
        frames[frame.name] = earlier
        if earlier.content == frame.content && earlier.status == frame.status {
            diagnose(.malformed, "This part came twice.", in: frame.name)
        } else {
            frames[frame.name]?.isContradicted = true
            diagnose(.malformed, "This part came twice, with different contents.", in: frame.name)
        }
    }

    private mutating func check(_ seen: Int, against count: Int) {
        guard seen != count else { return }
        diagnose(.malformed, "The answer has \(seen) parts, and says that it has \(count).")
        if seen < count { isComplete = false }
    }

    mutating func diagnose(_ reason: Unknown.Reason, _ detail: String, in part: String = "") {
        guard diagnoses.count < 1000 else { return }
        diagnoses.append(Diagnosis(part: part, problem: Unknown(reason, detail)))
    }
}

extension Answer {
    /// The frame, when the node could tell: it came whole, once, and its command succeeded.
    func told(_ name: String) -> Observed<Frame> {
        switch received(name) {
        case .unknown(let why): .unknown(why)
        case .known(let frame):
            if let why = frame.failure { .unknown(why) } else { .known(frame) }
        }
    }

    /// The frame whatever its status, when it came whole and once.
    func received(_ name: String) -> Observed<Frame> {
        guard let frame = frames[name] else { return .unknown(missing(name)) }
        if frame.isContradicted {
            return .unknown(Unknown(.malformed, "The part “\(name)” came twice, with different contents."))
        }
        if frame.isCut {
            return .unknown(Unknown(.truncated, "`\(frame.command.text)` gave more than \(frame.mostBytes) bytes."))
        }
        return .known(frame)
    }

    private func missing(_ name: String) -> Unknown {
        if version == nil { return Unknown(.malformed, "The node's answer is not one of this probe.") }
        if isComplete { return Unknown(.notCollected, "The node's answer has no part “\(name)”.") }
        return Unknown(.truncated, "The node's answer was cut before the part “\(name)”.")
    }
}

extension Answer.Frame {
    /// Why it tells nothing; nil when its command succeeded.
    var failure: Unknown? {
        switch status {
        case .exited(0): nil
        case .exited(let code):
            Unknown(.unreadable, "`\(command.text)` exited with \(code): \(content.prefix(200).trimmed.text)")
        case .absent: Unknown(.unreadable, "`\(command.text)`: there is no such file.")
        case .unreadable: Unknown(.unreadable, "`\(command.text)`: it could not be read.")
        case .missing(let tool): Unknown(.missingTool, "\(tool) is not installed.")
        case .skipped(let why): Unknown(.notCollected, why)
        }
    }
}

extension Answer: AnswerEvidence.Source {
    var parts: [String] { Array(frames.keys) }

    func evidence(of part: String) -> Evidence? {
        guard let frame = frames[part] else { return nil }
        if case .exited(let code) = frame.status {
            return Evidence(command: frame.command.text, output: frame.content.text, exitCode: code)
        }
        return Evidence(command: frame.command.text, output: frame.failure?.detail ?? "")
    }
}
