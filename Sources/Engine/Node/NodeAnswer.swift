import Fleet
import FoundationEssentials
import Remote

/// What a script answered: the lines that carry its nonce, between `begin` and `end`. All else on standard output
/// (login messages, what a profile prints) is noise.
struct NodeAnswer {
    struct Field {
        var name: String
        var value: [UInt8]
        var text: String { String(decoding: value, as: UTF8.self) }
    }

    let fields: [Field]

    init(_ result: RemoteResult, nonce: String) throws(NodeFailure) {
        let fields = Self.fields(in: result.standardOutput, nonce: nonce)
        guard fields.first?.name == "begin" else {
            throw .notStarted(result)
        }
        guard fields.last?.name == "end" else {
            throw .refused(result.isTruncated ? .tooLarge : .cutShort, Evidence(noise: result))
        }
        self.fields = fields
    }

    func text(_ name: String) -> String? { fields.last { $0.name == name }?.text }

    /// The command that was run and what it printed; nil when none was.
    var evidence: Evidence? {
        if let command = text("command") {
            return Evidence(
                command: command, output: text("output") ?? "", exitCode: text("status").flatMap { Int($0) })
        }
        return text("evidence").map { Evidence(command: "sh", output: $0) }
    }

    var refusal: FleetError? {
        guard let code = text("refused") else { return nil }
        return FleetError(
            .init(rawValue: code), text("message") ?? "The node refused.", advice: text("advice"))
    }

    private static func fields(in output: [UInt8], nonce: String) -> [Field] {
        let mark = Array("@\(nonce) ".utf8)
        return output.split(separator: UInt8(ascii: "\n")).filter { $0.starts(with: mark) }
            .compactMap { field($0.dropFirst(mark.count)) }
    }

    /// `NAME TEXT` or `NAME: BASE64`.
    private static func field(_ line: ArraySlice<UInt8>) -> Field? {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? Array(parts[1]) : []
        let name = String(decoding: parts[0], as: UTF8.self)
        guard name.last == ":" else { return Field(name: name, value: value) }
        return Data(base64Encoded: Data(value)).map { Field(name: String(name.dropLast()), value: Array($0)) }
    }
}

extension NodeFailure {
    /// Something answered, but no script of ours.
    static func notStarted(_ result: RemoteResult) -> NodeFailure { .refused(.notStarted, Evidence(noise: result)) }
}

extension FleetError {
    fileprivate static let notStarted = FleetError(
        "node-answer-missing", "The node let us in, but the order was not carried out by a shell.",
        advice:
            "Log in by hand and run: sh -c 'echo ok'. A forced command or a login file that exits is the usual cause.")
    fileprivate static let cutShort = FleetError(
        "node-answer-incomplete", "The order was begun on the node and ended without a result.",
        advice: "Look at the node again before going on; the same order can be given twice.")
    fileprivate static let tooLarge = FleetError(
        "node-answer-too-large", "The node's answer went over its size limit.",
        advice: "Look into /var/lib/vfiofleet/backups on the node and move away what is not needed.")
}

extension Evidence {
    /// The end of what came back instead of an answer.
    fileprivate init(noise result: RemoteResult) {
        let text = String(decoding: (result.standardOutput + result.standardError).suffix(4096), as: UTF8.self)
        let status: Int? = if case .exited(let code) = result.status { code } else { nil }
        self.init(command: "sh", output: text, exitCode: status)
    }
}
