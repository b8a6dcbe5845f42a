/// A fact that was looked for: known, or unknown with the reason. Unknown is never the same as false or empty.
public enum Observed<Value> {
    case known(Value)
    case unknown(Unknown)

    public var value: Value? {
        if case .known(let value) = self { value } else { nil }
    }

    public func map<Other>(_ transform: (Value) -> Other) -> Observed<Other> {
        switch self {
        case .known(let value): .known(transform(value))
        case .unknown(let why): .unknown(why)
        }
    }
}

extension Observed: Sendable where Value: Sendable {}
extension Observed: Equatable where Value: Equatable {}
extension Observed: Hashable where Value: Hashable {}

extension Observed: Encodable where Value: Encodable {
    /// A known value stands for itself; an unknown one is `{"unknown": reason, "detail": text}`.
    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .known(let value): try value.encode(to: encoder)
        case .unknown(let why):
            var container = encoder.container(keyedBy: UnknownKey.self)
            try container.encode(why.reason, forKey: .unknown)
            try container.encode(why.detail, forKey: .detail)
        }
    }
}

private enum UnknownKey: String, CodingKey {
    case unknown
    case detail
}

/// Why a fact is not known.
public struct Unknown: Hashable, Sendable, Codable, Error {
    public enum Reason: String, Hashable, Sendable, Codable {
        /// The command that would tell is not installed.
        case missingTool = "missing-tool"
        /// A file exists that could not be read, or a command failed.
        case unreadable
        /// The node's answer had no such part.
        case notCollected = "not-collected"
        /// The answer was there and did not make sense.
        case malformed
        /// The answer was cut at its size limit.
        case truncated
    }

    public var reason: Reason
    /// What was seen, for a person.
    public var detail: String

    public init(_ reason: Reason, _ detail: String) {
        self.reason = reason
        self.detail = detail
    }
}

/// What a person could type on the node to see a fact, and what it printed when it was observed.
public struct Evidence: Hashable, Sendable, Codable {
    public var command: String
    public var output: String
    /// Nil when the fact was read from a file rather than told by a command.
    public var exitCode: Int?

    public init(command: String, output: String, exitCode: Int? = nil) {
        self.command = command
        self.output = output
        self.exitCode = exitCode
    }
}
