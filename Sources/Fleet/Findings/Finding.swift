/// Something about passthrough that stands on a node and that a person should know of: left by others, by an older
/// guide, or by hand. It may be wanted; nothing is done about it unless the playbook says so (`adopt:`).
public struct Finding: Hashable, Sendable {
    public var code: FindingCode
    /// One or two sentences: what was found, and what it does.
    public var message: String
    /// Where it is written; empty when it is not in a file.
    public var places: [FileLine]
    /// Commands a person could type, with what they print.
    public var evidence: [Evidence]
    /// How it is taken out; empty = only by a person.
    var cleanings: [Cleaning]

    /// Whether `adopt: clean` takes it out.
    public var isCleanable: Bool { !cleanings.isEmpty }

    init(
        _ code: FindingCode, _ message: String, at places: [FileLine] = [], evidence: [Evidence] = [],
        cleanings: [Cleaning] = []
    ) {
        self.code = code
        self.message = message
        self.places = places
        self.evidence = evidence + places.map(\.evidence)
        self.cleanings = cleanings
    }
}

extension Finding: Encodable {
    private enum Key: String, CodingKey {
        case code, message, places, evidence, cleanable
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(code, forKey: .code)
        try container.encode(message, forKey: .message)
        try container.encode(places, forKey: .places)
        try container.encode(evidence, forKey: .evidence)
        try container.encode(isCleanable, forKey: .cleanable)
    }
}

/// One line of a file.
public struct FileLine: Hashable, Sendable, Codable {
    public var path: String
    /// Counted from 1.
    public var line: Int
    /// Without the line feed.
    public var text: String

    public init(path: String, line: Int, text: String) {
        self.path = path
        self.line = line
        self.text = text
    }

    /// The line that a byte of a file is in.
    init(_ path: String, _ bytes: [UInt8], at offset: Int) {
        let start = bytes[..<offset].lastIndex(of: Byte.newline).map { $0 + 1 } ?? 0
        let end = bytes[offset...].firstIndex(of: Byte.newline) ?? bytes.count
        self.init(
            path: path, line: bytes[..<start].count { $0 == Byte.newline } + 1,
            text: String(decoding: bytes[start..<end], as: UTF8.self))
    }

    /// `/etc/modprobe.d/vfio.conf:3`
    public var place: String { "\(path):\(line)" }

    var evidence: Evidence { Evidence(command: "sed -n \(line)p \(path)", output: text) }
}

/// How a finding is taken out of a file. The ranges are those of the bytes it was found in.
enum Cleaning: Hashable, Sendable {
    /// The whole line, or the lines joined to it.
    case line(String, Range<Int>)
    /// One token with the blank before it.
    case token(String, Range<Int>)
    /// Some ids of the list in the word `ids=…` at this place; with the last one goes the word, with the last word the
    /// line.
    case ids(String, word: Range<Int>, Set<String>)

    var path: String {
        switch self {
        case .line(let path, _), .token(let path, _), .ids(let path, _, _): path
        }
    }
}
