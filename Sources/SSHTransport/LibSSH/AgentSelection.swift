import CLibSSH

/// Which of the agent's keys are offered, and in which order. Public keys are in their binary form (RFC 4253 §6.6).
struct AgentSelection: Hashable, Sendable {
    /// The keys of the configured files, which go first, as OpenSSH has it: a server hangs up after a few.
    var preferred: [[UInt8]]
    /// `IdentitiesOnly`: no others are offered.
    var isOnly: Bool
    /// Keys the server has refused already.
    var refused: Set<[UInt8]> = []

    /// The longest message that libssh takes.
    static let longestMessage = 256 * 1024
    private static let identitiesAnswer: UInt8 = 12
    private static let signRequest: UInt8 = 13
    private static let failure: UInt8 = 5

    /// An agent's message (draft-miller-ssh-agent §3) as libssh is to see it: lists of keys lose those that are not to be
    /// offered, all else stays. A list that can't be understood becomes an empty one.
    func filtered(_ message: [UInt8]) -> [UInt8] {
        guard message.first == Self.identitiesAnswer else { return message }
        let chosen = choose(AgentIdentity.list(message.dropFirst()) ?? [])
        var answer = [Self.identitiesAnswer] + UInt32(chosen.count).bytes
        for identity in chosen { answer += identity.key.withLength + identity.comment.withLength }
        return answer
    }

    /// The key, when `message` asks for a signature.
    static func keyToSignWith(_ message: [UInt8]) -> [UInt8]? {
        var rest = message.dropFirst()
        return message.first == signRequest ? rest.takeString().map { Array($0) } : nil
    }

    static func isRefusal(_ message: [UInt8]) -> Bool { message.first == failure }

    private func choose(_ identities: [AgentIdentity]) -> [AgentIdentity] {
        let usable = identities.filter { $0.isUnderstood && !refused.contains($0.key) }
        let named = preferred.compactMap { key in usable.first { $0.key == key } }
        return isOnly ? named : named + usable.filter { !preferred.contains($0.key) }
    }
}

struct AgentIdentity: Hashable {
    var key: [UInt8]
    var comment: [UInt8]

    /// The keys of a list, without its type byte; nil when it is damaged.
    static func list(_ bytes: ArraySlice<UInt8>) -> [AgentIdentity]? {
        var rest = bytes
        guard let count = rest.takeNumber(), count <= bytes.count / 8 else { return nil }
        var identities: [AgentIdentity] = []
        for _ in 0..<count {
            guard let key = rest.takeString(), let comment = rest.takeString() else { return nil }
            identities.append(AgentIdentity(key: Array(key), comment: Array(comment)))
        }
        return identities
    }

    /// libssh takes a key of a type it does not know for the end of the list.
    var isUnderstood: Bool {
        var rest = key[...]
        guard let type = rest.takeString() else { return false }
        return unsafe ssh_key_type_from_name(String(decoding: type, as: UTF8.self)) != SSH_KEYTYPE_UNKNOWN
    }
}

extension UInt32 {
    /// In network order.
    var bytes: [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: self >> (24 - 8 * $0)) } }
}

extension [UInt8] {
    /// As strings are written in messages: the length, then the bytes.
    var withLength: [UInt8] { UInt32(count).bytes + self }
}

extension ArraySlice<UInt8> {
    /// Four bytes in network order, taken off the front.
    mutating func takeNumber() -> Int? {
        guard count >= 4 else { return nil }
        defer { self = dropFirst(4) }
        return prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }

    /// A length and as many bytes, taken off the front; nil and untouched when they are not all there.
    mutating func takeString() -> ArraySlice<UInt8>? {
        var rest = self
        guard let length = rest.takeNumber(), length <= rest.count else { return nil }
        self = rest.dropFirst(length)
        return rest.prefix(length)
    }
}
